"""Many runs: cells with folders of their own, lanes where they are faster, going on."""

from scbch_jax.sweeps.board import Board
from scbch_jax.sweeps.cells import Cell, Outcome, cells_of, name_of
from scbch_jax.sweeps.folder import SweepFolder, open_folder
from scbch_jax.sweeps.run import Manner, Watcher, run

__all__ = [
    "run",
    "Board",
    "Cell",
    "Manner",
    "Outcome",
    "SweepFolder",
    "Watcher",
    "cells_of",
    "name_of",
    "open_folder",
]
