"""SCBCH on the planted set: whether everything works, in a few seconds.

bin/scbch train configs/smoke.py
"""

from scbch_jax.config import Experiment, Noise, Training, scbch


def get_config() -> Experiment:
    """Narrow networks and ten epochs."""
    return Experiment(
        noise=Noise("swap", rate=0.5),
        bits=32,
        options=scbch.Options(hidden=256),
        hparams=scbch.HParams(learning_rate=3e-4),
        training=Training(epochs=10),
    )
