"""The table of the README: the robust method and SCBCH at three noise rates.

bin/scbch sweep configs/sweeps/headline.py --data.root FOLDER

Three seeds each: 18 runs. On two CPU cores a run of the robust method takes about one
and a half minutes (80 epochs), one of SCBCH four (50 epochs).
"""

from collections.abc import Iterator
from dataclasses import replace

from scbch_jax.config import Data, Experiment, Noise, Training, robust, scbch

METHODS = (
    Experiment(
        method="robust",
        options=robust.Options(hidden=1024),
        hparams=robust.HParams(),
        training=Training(epochs=80, score_every=5),
    ),
    Experiment(
        options=scbch.Options(neighbors=20, hidden=1024),
        hparams=scbch.HParams(margin=0.15, shift=0.8),
    ),
)


def get_sweep() -> Iterator[Experiment]:
    """MIRFlickr-25K with its published noise, 64 bits, hidden layers of 1,024 units."""
    for method in METHODS:
        for rate in (0.2, 0.5, 0.8):
            noise = Noise("published", rate=rate)
            yield replace(method, data=Data("mirflickr"), noise=noise, seeds=(0, 1, 2))
