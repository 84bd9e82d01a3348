"""UCCH on NUS-WIDE with 21 concepts, 64 bits.

bin/scbch train configs/ucch_nuswide.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, Training, ucch


def get_config() -> Experiment:
    """The released defaults; no labels are looked at."""
    return Experiment(
        data=Data("nuswide"),
        noise=Noise("none"),
        bits=64,
        method="ucch",
        options=ucch.Options(),
        hparams=ucch.HParams(),
        training=Training(epochs=20, batch_size=256),
    )
