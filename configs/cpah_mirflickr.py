"""CPAH on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/cpah_mirflickr.py --data.root FOLDER

On MS-COCO: `--data.name coco --noise.kind swap`. As the re-implementation was released:
`--options.consistency features --options.test-mask off`.

Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 75.9 % at the last epoch, which is the best; 2 seconds an epoch on one
core. With `--options.hidden 1024` 77.3 % and 11 seconds an epoch. At the default width
neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, cpah


def get_config() -> Experiment:
    """The settings of the released code, which are the same for both its datasets."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="cpah",
        options=cpah.Options(),
        hparams=cpah.HParams(),
        training=Training(epochs=80, batch_size=64),
    )
