"""The robust method on the planted set, a short run that needs no files.

    bin/scbch train configs/robust_smoke.py

Expected: average MAP 62.5 % after 20 epochs (chance is about 30 %), in less than a
minute of processor time on two CPU cores.
"""

from scbch_jax.config import Experiment, Noise, Training, robust


def get_config() -> Experiment:
    """Hidden layers of 256 units, 32 bits, half of the training rows mislabeled."""
    return Experiment(
        noise=Noise("swap", rate=0.5),
        bits=32,
        method="robust",
        options=robust.Options(hidden=256),
        hparams=robust.HParams(learning_rate=1e-3),
        training=Training(epochs=20),
    )
