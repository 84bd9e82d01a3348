"""SCBCH on MIRFlickr-25K, 64 bits, half of the training rows mislabeled.

    bin/scbch train configs/scbch_mirflickr.py --data.root FOLDER

Expected with `--options.hidden 1024`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 76.3 % at the last epoch, 77.7 % at the best; four to five minutes on two
CPU cores. At the paper's width of 8,192 an epoch takes about 96 s on two CPU cores, so
50 epochs about 80 minutes; the score is not measured.
"""

from scbch_jax.config import Data, Experiment, Noise, scbch


def get_config() -> Experiment:
    """The paper's settings, with the noise file that NRCH's authors published."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        options=scbch.Options(neighbors=20),
        hparams=scbch.HParams(margin=0.15, shift=0.8),
    )
