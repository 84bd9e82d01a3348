"""Runs: training an experiment, and its folder.

FOLDER/experiment.json        every option
FOLDER/run.json               sizes of the data, its files, versions, device
FOLDER/seed-S/noise.npz       the label entries that noise changed
FOLDER/seed-S/results.jsonl   the results, one line for each epoch
FOLDER/seed-S/traces/         arrays for figures, after a few epochs
FOLDER/seed-S/checkpoints/    states to resume from
"""

from scbch_jax.runs.driver import encode, numerics, train
from scbch_jax.runs.folder import RunFolder, has_checkpoints
from scbch_jax.runs.loop import Lane, run_lanes
from scbch_jax.runs.networks import (
    HashNetworks,
    TrainedRun,
    describe_networks,
    encoder_id,
    named_arrays,
    open_run,
    restore_networks,
)
from scbch_jax.runs.opening import (
    digest,
    open_to_read,
    open_to_write,
    saved_params,
    write_params,
)
from scbch_jax.runs.tasks import Task, prepare, recipe_of

__all__ = [
    "HashNetworks",
    "Lane",
    "RunFolder",
    "Task",
    "TrainedRun",
    "describe_networks",
    "digest",
    "encode",
    "encoder_id",
    "has_checkpoints",
    "named_arrays",
    "numerics",
    "open_run",
    "open_to_read",
    "open_to_write",
    "prepare",
    "recipe_of",
    "restore_networks",
    "run_lanes",
    "saved_params",
    "train",
    "write_params",
]
