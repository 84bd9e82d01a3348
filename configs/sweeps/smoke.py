"""Six short runs on the planted set, in about a minute, to try a sweep.

bin/scbch sweep configs/sweeps/smoke.py
"""

from collections.abc import Iterator

from scbch_jax.config import Data, Experiment, Noise, Planted, Training, scbch


def get_sweep() -> Iterator[Experiment]:
    """Three noise rates, two seeds; narrow networks, few rows."""
    easy = Planted(train=512, queries=100, database=600, clutter=1.0)
    for rate in (0.2, 0.5, 0.8):
        yield Experiment(
            data=Data(planted=easy),
            noise=Noise("swap", rate=rate),
            bits=16,
            options=scbch.Options(hidden=64),
            hparams=scbch.HParams(learning_rate=1e-3),
            training=Training(epochs=8),
            seeds=(0, 1),
        )
