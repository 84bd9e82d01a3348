"""Sweeps: many runs, one after another or as lanes, resumed where they stopped."""

from scbch_jax.sweeps.execution import ExecutionConfig, SweepCallbacks, run
from scbch_jax.sweeps.folder import SweepFolder, open_folder
from scbch_jax.sweeps.progress import Progress
from scbch_jax.sweeps.sweep_runs import Outcome, SweepRun, name_of, runs_of

__all__ = [
    "ExecutionConfig",
    "Outcome",
    "Progress",
    "SweepCallbacks",
    "SweepFolder",
    "SweepRun",
    "name_of",
    "open_folder",
    "run",
    "runs_of",
]
