"""Robust hashing on NUS-WIDE with 21 concepts, 64 bits, half of the rows mislabeled.

    bin/scbch train configs/robust_nuswide.py --data.root FOLDER

Expected time and score: not measured on this dataset.
"""

from dataclasses import replace
from pathlib import Path

from scbch_jax.config import Data, Experiment, Noise, experiment_file


def get_config() -> Experiment:
    """`robust_mirflickr.py` with drawn noise."""
    base = experiment_file.load(Path(__file__).with_name("robust_mirflickr.py"))
    return replace(
        base,
        data=Data("nuswide"),
        noise=Noise("swap", rate=0.5),
    )
