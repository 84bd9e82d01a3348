"""Saving a run and going on with it, by Orbax."""

import logging
from pathlib import Path
from typing import cast

import jax
import orbax.checkpoint as ocp

from scbch_jax.checks import InputError
from scbch_jax.training.epoch import RunState

# What Orbax has to say of a damaged file, the error that is raised says in one line.
logging.getLogger("absl").setLevel(logging.CRITICAL)


class Checkpoints:
    """The saved states of one run, in a folder of their own.

    A save is written beside the others and renamed when it is whole, so a process that
    dies leaves the one before.
    """

    def __init__(self, folder: Path, *, keep: int = 2) -> None:
        """Opens the folder, making it if needed; keeps the latest `keep` states."""
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep, enable_async_checkpointing=False
        )
        self._manager = ocp.CheckpointManager(folder.absolute(), options=options)

    def latest(self) -> int:
        """Epochs behind the latest saved state; 0 if none is saved."""
        return self._manager.latest_step() or 0

    def save(self, epoch: int, run: RunState) -> None:
        """Writes the state after `epoch` epochs."""
        self._manager.save(epoch, args=ocp.args.StandardSave(run))

    def restore(self, like: RunState) -> RunState:
        """Reads the latest state; `like` gives structure, shapes and dtypes.

        Raises:
            InputError: if it is damaged, or of other shapes.
        """
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        latest, wanted = self._manager.latest_step(), ocp.args.StandardRestore(abstract)
        try:
            return cast(RunState, self._manager.restore(latest, args=wanted))
        except Exception as error:
            # Orbax and what lies below it raise a dozen kinds for a damaged file.
            reason = (str(error) or type(error).__name__).splitlines()[0]
            came = f"{self._manager.directory / str(latest)}, which cannot be read"
            raise InputError(
                f"checkpoint: got {came} ({reason}), "
                "wanted a whole state of this configuration"
            ) from error
