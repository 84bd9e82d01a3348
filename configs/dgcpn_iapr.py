"""DGCPN on IAPR TC-12, 64 bits.

bin/scbch train configs/dgcpn_iapr.py --data.root FOLDER
"""

from scbch_jax.config import Data, Experiment, Noise, Training, dgcpn


def get_config() -> Experiment:
    """The released defaults, as many neighbors as in the paper; no labels are used."""
    return Experiment(
        data=Data("iapr"),
        noise=Noise("none"),
        bits=64,
        method="dgcpn",
        options=dgcpn.Options(neighbors=2000, scale=4000.0),
        hparams=dgcpn.HParams(),
        training=Training(epochs=50, batch_size=32),
    )
