"""The paper's whole grid (Table 2): four datasets, three noise rates, four lengths.

bin/scbch sweep configs/sweeps/paper.py --data.root FOLDER --delete-checkpoints

Without --delete-checkpoints each of the 48 runs keeps two saved states, 1.4 GB each at
the paper's width. With the files of one dataset only: --only mirflickr.
"""

from collections.abc import Iterator
from dataclasses import replace

from scbch_jax.config import Data, Experiment, Noise, scbch

DATASETS = (
    (Data("mirflickr"), Noise("published"), scbch.HParams(margin=0.15, shift=0.8)),
    (Data("nuswide"), Noise("swap"), scbch.HParams(margin=0.2, shift=1.0)),
    (Data("iapr"), Noise("swap"), scbch.HParams(margin=0.3, shift=1.2)),
    (Data("coco"), Noise("swap"), scbch.HParams(margin=0.3, shift=1.1)),
)
"""Data, kind of noise, margin and shift of each, the same as in configs/scbch_*.py."""


def get_sweep() -> Iterator[Experiment]:
    """Published noise where the benchmark has a file of it, drawn noise elsewhere."""
    for source, noise, hparams in DATASETS:
        for rate in (0.2, 0.5, 0.8):
            for bits in (16, 32, 64, 128):
                yield Experiment(
                    data=source,
                    noise=replace(noise, rate=rate),
                    bits=bits,
                    options=scbch.Options(neighbors=20),
                    hparams=hparams,
                )
