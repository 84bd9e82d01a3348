"""NRCH on NUS-WIDE with 21 concepts, 64 bits, half of the training rows mislabelled.

bin/scbch train configs/nrch_nuswide.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, Training, nrch


def get_config() -> Experiment:
    """The released settings, which are the same for all datasets."""
    return Experiment(
        data=Data("nuswide"),
        noise=Noise("swap", rate=0.5),
        bits=64,
        method="nrch",
        options=nrch.Options(),
        hparams=nrch.HParams(),
        training=Training(epochs=100, batch_size=128),
    )
