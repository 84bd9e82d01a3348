"""CIRH on MIRFlickr-25K, 64 bits. It trains without labels.

    bin/scbch train configs/cirh_mirflickr.py --data.root FOLDER

On MS-COCO: `--data.name coco --options.image-weight 0.1 --options.cosine-weight 0.3`.
Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 69.6 % at the last epoch, 69.9 % at the best of those scored, every fifth.
At the default width of 4,096 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, cirh


def get_config() -> Experiment:
    """The released settings for MIRFlickr."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("none"),
        bits=64,
        method="cirh",
        options=cirh.Options(),
        hparams=cirh.HParams(),
        training=Training(epochs=60, batch_size=512),
    )
