"""The paper's grid for `bench all --grid`: drawn data where a benchmark has no files.

bin/scbch sweep configs/sweeps/grid.py --delete-checkpoints

The 48 runs are those of paper.py. Files are looked for in the folder that SCBCH_DATA
names; data that are drawn have the published sizes, so runs take as long, but their
scores say nothing about the benchmark.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scbch_jax.config import Data, Experiment, Planted, experiment_file
from scbch_jax.data.benchmarks import BENCHMARKS, find_files
from scbch_jax.errors import InputError

VGG19 = 4096
"""Columns of the image features that the paper uses."""


def get_sweep() -> Iterator[Experiment]:
    """The runs of paper.py; data and noise are drawn where files are missing."""
    for experiment in experiment_file.load_sweep(Path(__file__).with_name("paper.py")):
        if not _has_files(experiment.data.name):
            noise = replace(experiment.noise, kind="swap")
            data = _drawn(experiment.data.name)
            experiment = replace(experiment, data=data, noise=noise)
        yield experiment


def _has_files(name: str) -> bool:
    root = os.environ.get("SCBCH_DATA")
    with contextlib.suppress(InputError):
        return bool(root and find_files(BENCHMARKS[name], Path(root)))
    return False


def _drawn(name: str) -> Data:
    benchmark = BENCHMARKS[name]
    planted = Planted(
        train=benchmark.train,
        queries=benchmark.queries,
        database=benchmark.samples[0] - benchmark.queries,
        classes=benchmark.classes,
        image_dim=VGG19,
        words=benchmark.text_dim,
    )
    return Data(planted=planted)
