"""NRCH on MIRFlickr-25K, 64 bits, half of the training rows mislabelled.

bin/scbch train configs/nrch_mirflickr.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, Training, nrch


def get_config() -> Experiment:
    """The released settings, which are the same for all datasets."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        method="nrch",
        options=nrch.Options(),
        hparams=nrch.HParams(),
        training=Training(epochs=100, batch_size=128),
    )
