"""RSHNL on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/rshnl_mirflickr.py --data.root FOLDER

For another dataset: `--data.name coco --noise.kind swap`. Sets with many classes need a
larger `--hparams.pace-threshold`, such as 9 for COCO and IAPR: see docs/methods.md.

Expected: neither time nor score is measured at the default width of 4,096.
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
