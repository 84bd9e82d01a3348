"""UCCH on MS-COCO, 64 bits. It trains without labels.

    bin/scbch train configs/ucch_coco.py --data.root FOLDER

Expected time and score: not measured on this dataset.
"""

from dataclasses import replace
from pathlib import Path

from scbch_jax.config import Data, Experiment, experiment_file, ucch


def get_config() -> Experiment:
    """`ucch_mirflickr.py` with the default weights of the released code."""
    base = experiment_file.load(Path(__file__).with_name("ucch_mirflickr.py"))
    return replace(base, data=Data("coco"), hparams=ucch.HParams())
