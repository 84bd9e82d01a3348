"""The ablations (the paper's Table 3): SCBCH, and without each of its parts.

bin/scbch sweep configs/sweeps/ablations.py --data.root FOLDER --delete-checkpoints
"""

from collections.abc import Iterator

from scbch_jax.config import Data, Experiment, Noise, scbch


def get_sweep() -> Iterator[Experiment]:
    """MIRFlickr-25K with its published noise, 64 bits."""
    for rate in (0.2, 0.5, 0.8):
        for drop in scbch.ABLATIONS.values():
            yield Experiment(
                data=Data("mirflickr"),
                noise=Noise("published", rate=rate),
                bits=64,
                options=scbch.Options(neighbors=20, drop=drop),
                hparams=scbch.HParams(margin=0.15, shift=0.8),
            )
