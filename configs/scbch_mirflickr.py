"""SCBCH on MIRFlickr-25K, 64 bits, half of the training rows mislabelled.

bin/scbch train configs/scbch_mirflickr.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, scbch


def get_config() -> Experiment:
    """The paper's settings, with NRCH's published noise file."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        options=scbch.Options(neighbors=20),
        hparams=scbch.HParams(margin=0.15, shift=0.8),
    )
