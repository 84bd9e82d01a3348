"""CPAH on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/cpah_mirflickr.py --data.root FOLDER

On MS-COCO: `--data.name coco --noise.kind swap`. As the re-implementation was released:
`--options.consistency features --options.test-mask off`.

Expected with `--options.hidden 256 --training.epochs 15`, MobileNetV2 features of
15,677 rows and seed 0: average MAP 73.5 % at the last epoch, which is the best. Time is
not measured, nor is the score after all 80 epochs at the default width.
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
