"""A run on disk: configuration, provenance, result lines, checkpoints.

FOLDER/experiment.json        every option
FOLDER/run.json               sizes of the data, its files, versions, device
FOLDER/seed-S/noise.npz       the label entries that noise hit
FOLDER/seed-S/results.jsonl   one line an epoch
FOLDER/seed-S/traces/         what figures are made of, at a few epochs
FOLDER/seed-S/checkpoints/    states to go on from
"""

from scbch_jax.runs.folder import RunFolder, has_states
from scbch_jax.runs.opening import open_to_read, open_to_write
from scbch_jax.runs.weights import saved_params, write_params

__all__ = [
    "RunFolder",
    "has_states",
    "open_to_read",
    "open_to_write",
    "saved_params",
    "write_params",
]
