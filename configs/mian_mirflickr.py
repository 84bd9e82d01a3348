"""MIAN on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/mian_mirflickr.py --data.root FOLDER

One epoch is one pass of the released code over the training rows, which trains one of
three networks; the eight outer epochs have at most 552 of them. On another dataset:
`--data.name coco --noise.kind swap`.

Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 75.0 % at the last epoch and at all that were scored from epoch 138 on,
every 46th. The last stage ended after 404 epochs and 35 minutes on one core. At the
default width neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, mian


def get_config() -> Experiment:
    """The settings of the released code, which is set for this dataset only."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="mian",
        options=mian.Options(),
        hparams=mian.HParams(),
        training=Training(epochs=552, batch_size=64),
    )
