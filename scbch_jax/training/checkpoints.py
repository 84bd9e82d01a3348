"""Saving a run and going on with it, by Orbax."""

import logging
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
import orbax.checkpoint as ocp

from scbch_jax.errors import InputError
from scbch_jax.training.epoch import RunState

# What Orbax has to say of a damaged file, the error that is raised says in one line.
logging.getLogger("absl").setLevel(logging.CRITICAL)


class Checkpoints:
    """The saved states of one run, in a folder of their own.

    A save is written in the background, beside the others, and renamed when it is
    whole, so a process that dies leaves the one before.
    """

    def __init__(self, folder: Path, *, keep: int = 2) -> None:
        """Opens the folder, making it if needed; keeps the latest `keep` states."""
        folder.mkdir(parents=True, exist_ok=True)
        processes = ocp.options.MultiprocessingOptions()
        if jax.process_count() > 1:
            # The one that writes is the only one that has such an object.
            own = jax.process_index()
            processes = ocp.options.MultiprocessingOptions(own, {own}, "alone")
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep, create=False, multiprocessing_options=processes
        )
        self._manager = ocp.CheckpointManager(folder.absolute(), options=options)

    def saved(self) -> list[int]:
        """Epochs behind each saved state, the latest first."""
        return sorted(self._manager.all_steps(), reverse=True)

    def save(self, epoch: int, run: RunState) -> None:
        """Starts to write the state after `epoch` epochs; `finish` waits for it."""
        # The next epoch takes the memory of `run` over, so what is written is a copy.
        copy = jax.tree.map(_on_host, run)
        self._manager.save(epoch, args=ocp.args.StandardSave(copy))

    def finish(self) -> None:
        """Returns when all that was saved is on disk; raises what went wrong there."""
        self._manager.wait_until_finished()

    def restore(self, epoch: int, like: RunState) -> RunState:
        """Reads one state; `like` gives structure, shapes and dtypes.

        Raises:
            InputError: if it is damaged, or of other shapes.
        """
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        try:
            wanted = ocp.args.StandardRestore(abstract)
            return cast(RunState, self._manager.restore(epoch, args=wanted))
        except Exception as error:
            # Orbax and what lies below it raise a dozen kinds for a damaged file.
            reason = (str(error) or type(error).__name__).splitlines()[0]
            came = f"{self._manager.directory / str(epoch)}, which cannot be read"
            raise InputError(
                f"checkpoint: got {came} ({reason}), "
                "wanted a whole state of this configuration"
            ) from error

    def latest(self, like: RunState) -> tuple[int, RunState] | None:
        """Epochs behind the latest state that can be read, and that state.

        A damaged one is passed over with a warning; nothing is returned if there is
        none at all.

        Raises:
            InputError: if states are saved, and none of them can be read.
        """
        epochs = self.saved()
        for epoch in epochs:
            try:
                return epoch, self.restore(epoch, like)
            except InputError as error:
                if epoch == epochs[-1]:
                    raise
                _logger.warning("%s; the one before it is used", error)
        return None

    def forget_after(self, epoch: int) -> None:
        """Removes states of later epochs, which will be written again."""
        for later in self.saved():
            if later > epoch:
                self._manager.delete(later)


def _on_host(leaf: Any) -> np.ndarray:
    return leaf if isinstance(leaf, np.ndarray) else np.array(leaf, copy=True)


_logger = logging.getLogger(__name__)
