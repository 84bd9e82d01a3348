"""UCCH on MIRFlickr-25K, 64 bits.

bin/scbch train configs/ucch_mirflickr.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, Training, ucch


def get_config() -> Experiment:
    """The released command's weights for this dataset; no labels are looked at."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("none"),
        bits=64,
        method="ucch",
        options=ucch.Options(),
        hparams=ucch.HParams(contrast_weight=0.7, shift=0.1),
        training=Training(epochs=20, batch_size=256),
    )
