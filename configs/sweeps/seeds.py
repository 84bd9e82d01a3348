"""The spread of results over seeds: ten seeds of one setting.

bin/scbch sweep configs/sweeps/seeds.py --data.root FOLDER --delete-checkpoints
"""

from collections.abc import Iterator

from scbch_jax.config import Data, Experiment, Noise, scbch


def get_sweep() -> Iterator[Experiment]:
    """MIRFlickr-25K with its published noise, 64 bits; weights and order differ."""
    yield Experiment(
        data=Data("mirflickr"),
        noise=Noise("published", rate=0.5),
        bits=64,
        options=scbch.Options(neighbors=20),
        hparams=scbch.HParams(margin=0.15, shift=0.8),
        seeds=tuple(range(10)),
    )
