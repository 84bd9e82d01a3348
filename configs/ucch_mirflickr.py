"""UCCH on MIRFlickr-25K, 64 bits. It trains without labels.

    bin/scbch train configs/ucch_mirflickr.py --data.root FOLDER

Expected with `--options.hidden 1024`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 68.1 % at the last epoch, 68.8 % at the best; 91 s on two CPU cores. At the
default width of 8,192 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, ucch


def get_config() -> Experiment:
    """The weights that the released code's command for this dataset sets."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("none"),
        bits=64,
        method="ucch",
        options=ucch.Options(),
        hparams=ucch.HParams(contrast_weight=0.7, shift=0.1),
        training=Training(epochs=20, batch_size=256),
    )
