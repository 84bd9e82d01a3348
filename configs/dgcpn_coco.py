"""DGCPN on MS-COCO, 64 bits. It trains without labels.

    bin/scbch train configs/dgcpn_coco.py --data.root FOLDER

Expected time and score: not measured on this dataset.
"""

from dataclasses import replace
from pathlib import Path

from scbch_jax.config import Data, Experiment, experiment_file


def get_config() -> Experiment:
    """`dgcpn_mirflickr.py` on other data."""
    base = experiment_file.load(Path(__file__).with_name("dgcpn_mirflickr.py"))
    return replace(base, data=Data("coco"))
