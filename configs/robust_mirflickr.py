"""Robust hashing on MIRFlickr-25K, 64 bits, half of the rows mislabeled.

    bin/scbch train configs/robust_mirflickr.py --data.root FOLDER

Expected with `--options.hidden 1024`, MobileNetV2 features of 15,677 rows: average MAP
81.1 % at the last epoch (mean of three seeds), in about two minutes on two CPU cores.
Not measured at the default width of 8,192.
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
