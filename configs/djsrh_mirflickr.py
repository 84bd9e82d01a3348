"""DJSRH on MIRFlickr-25K, 64 bits. It trains without labels.

    bin/scbch train configs/djsrh_mirflickr.py --data.root FOLDER

For another benchmark add `--data.name coco --hparams.image-weight 0.6`, for example.
Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 65.5 % at the last epoch, which is the best of those scored, every tenth. At
the default width of 4,096 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, djsrh


def get_config() -> Experiment:
    """The released settings for MIRFlickr."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("none"),
        bits=64,
        method="djsrh",
        options=djsrh.Options(),
        hparams=djsrh.HParams(),
        training=Training(epochs=80, batch_size=32),
    )
