"""Runs: training an experiment, and its folder.

FOLDER/experiment.json        every option
FOLDER/run.json               sizes of the data, its files, versions, device
FOLDER/seed-S/noise.npz       the label entries that noise changed
FOLDER/seed-S/results.jsonl   the results, one line for each epoch
FOLDER/seed-S/traces/         arrays for figures, after a few epochs
FOLDER/seed-S/checkpoints/    states to resume from
"""

from scbch_jax.runs.coding import coded_rows, encoder_id
from scbch_jax.runs.driver import encode, numerics, train
from scbch_jax.runs.folder import RunFolder, has_checkpoints
from scbch_jax.runs.loop import Lane, run_lanes
from scbch_jax.runs.opening import (
    digest,
    open_to_read,
    open_to_write,
    saved_params,
    write_params,
)
from scbch_jax.runs.tasks import Task, prepare, recipe_of

__all__ = [
    "Lane",
    "RunFolder",
    "Task",
    "coded_rows",
    "digest",
    "encode",
    "encoder_id",
    "has_checkpoints",
    "numerics",
    "open_to_read",
    "open_to_write",
    "prepare",
    "recipe_of",
    "run_lanes",
    "saved_params",
    "train",
    "write_params",
]
