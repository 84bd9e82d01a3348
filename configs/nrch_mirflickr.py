"""NRCH on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/nrch_mirflickr.py --data.root FOLDER

Expected with `--options.hidden 1024`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 73.8 % at the last epoch, 73.9 % at the best; 376 s on two CPU cores. At the
default width of 8,192 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, nrch


def get_config() -> Experiment:
    """The settings of the released code, which are the same for all datasets."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="nrch",
        options=nrch.Options(),
        hparams=nrch.HParams(),
        training=Training(epochs=100, batch_size=128),
    )
