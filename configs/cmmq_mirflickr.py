"""CMMQ on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/cmmq_mirflickr.py --data.root FOLDER

CMMQ is told the noise rate. For another rate or dataset both numbers change:
`--data.name coco --noise.kind swap --noise.rate 0.2 --hparams.noise-rate 0.2`.

Expected with `--options.hidden 256`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 69.6 % at the last epoch, which is the best of those scored, every tenth. At
the default width of 8,192 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, cmmq


def get_config() -> Experiment:
    """The defaults of the released code, with the true noise rate."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="cmmq",
        options=cmmq.Options(),
        hparams=cmmq.HParams(noise_rate=0.5),
        training=Training(epochs=100, batch_size=128),
    )
