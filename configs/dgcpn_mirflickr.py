"""DGCPN on MIRFlickr-25K, 64 bits. It trains without labels.

    bin/scbch train configs/dgcpn_mirflickr.py --data.root FOLDER

Expected with `--options.hidden 1024`, MobileNetV2 features of 15,677 rows and seed 0:
average MAP 70.9 % at the last epoch, 72.1 % at the best; 409 s on two CPU cores and
2.8 GB of memory. At the default width of 4,096 neither time nor score is measured.
"""

from scbch_jax.config import Data, Experiment, Noise, Training, dgcpn


def get_config() -> Experiment:
    """The defaults of the released code, with the paper's number of neighbors."""
    return Experiment(
        data=Data("mirflickr"),
        noise=Noise("none"),
        bits=64,
        method="dgcpn",
        options=dgcpn.Options(neighbors=2000, scale=4000.0),
        hparams=dgcpn.HParams(),
        training=Training(epochs=50, batch_size=32),
    )
