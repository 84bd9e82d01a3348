"""SCBCH on the planted set, a short run that needs no files.

    bin/scbch train configs/smoke.py

Expected: average MAP 53.7 % after ten epochs (chance is about 30 %); on two CPU cores
less than a minute of processor time, most of it compilation.
"""

from scbch_jax.config import Experiment, Noise, Training, scbch


def get_config() -> Experiment:
    """Hidden layers of 256 units, 32 bits, half of the training rows mislabeled."""
    return Experiment(
        noise=Noise("swap", rate=0.5),
        bits=32,
        options=scbch.Options(hidden=256),
        hparams=scbch.HParams(learning_rate=3e-4),
        training=Training(epochs=10),
    )
