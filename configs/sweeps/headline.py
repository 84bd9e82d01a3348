"""The table of the README: SCBCH at three noise rates, three seeds each.

bin/scbch sweep configs/sweeps/headline.py --data.root FOLDER

Nine runs of 50 epochs, four to five minutes each on two CPU cores. Average MAP of the
last epoch, in percent: 78.4, 76.6 and 74.7 at 20, 50 and 80 % noise, on MobileNetV2
features of 15,677 rows.
"""

from collections.abc import Iterator

from scbch_jax.config import Data, Experiment, Noise, scbch


def get_sweep() -> Iterator[Experiment]:
    """MIRFlickr-25K with its published noise, 64 bits, hidden layers of 1,024 units."""
    for rate in (0.2, 0.5, 0.8):
        yield Experiment(
            data=Data("mirflickr"),
            noise=Noise("published", rate=rate),
            bits=64,
            options=scbch.Options(neighbors=20, hidden=1024),
            hparams=scbch.HParams(margin=0.15, shift=0.8),
            seeds=(0, 1, 2),
        )
