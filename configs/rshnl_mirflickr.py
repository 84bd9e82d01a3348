"""RSHNL on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/rshnl_mirflickr.py --data.root FOLDER

For another dataset: `--data.name coco --noise.kind swap`. Sets with many classes need a
larger `--hparams.pace-threshold`, such as 9 for COCO and IAPR: see docs/methods.md.

Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 72.7 % at the last epoch (seeds 1 and 2: 70.4 and 70.5), 74.5 % at the best
of those scored, every tenth.
At the default width of 4,096 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, rshnl


def get_config() -> Experiment:
    """The defaults of the released code, which has no settings for this dataset."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="rshnl",
        options=rshnl.Options(),
        hparams=rshnl.HParams(),
        training=Training(epochs=150, batch_size=256),
    )
