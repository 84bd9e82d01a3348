"""Robust hashing on MIRFlickr-25K, 64 bits, half of the rows mislabeled.

    bin/scbch train configs/robust_mirflickr.py --data.root FOLDER

Expected: not measured at the default width.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, robust


def get_config() -> Experiment:
    """The noise file that NRCH's authors published."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="robust",
        options=robust.Options(),
        hparams=robust.HParams(),
        training=Training(epochs=80),
    )
