"""SCBCH and its ablations on scenes, with clean and with noisy labels.

bin/scbch sweep configs/sweeps/scenes.py

Expected results: docs/scenes.md. The contrast matters most.
"""

from collections.abc import Iterator

from scbch_jax.config import Data, Experiment, Noise, Training, scbch


def get_sweep() -> Iterator[Experiment]:
    """Two noise rates, five variants, two seeds."""
    for rate in (0.0, 0.5):
        for drop in scbch.ABLATIONS.values():
            yield Experiment(
                data=Data(name="scenes"),
                noise=Noise("swap", rate=rate),
                bits=32,
                options=scbch.Options(hidden=512, drop=drop),
                hparams=scbch.HParams(learning_rate=3e-4),
                training=Training(epochs=30, score_every=5),
                seeds=(0, 1),
            )
