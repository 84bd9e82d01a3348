"""Saving the state of a run and restoring it, by Orbax."""

import contextlib
import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import jax
import numpy as np
import orbax.checkpoint as ocp

from scbch_jax.errors import InputError, first_line
from scbch_jax.io import write_error
from scbch_jax.training.epoch import RunState

SPARE_BYTES = 256 * 1024
"""Disk space for what Orbax writes in addition to the arrays."""


class Checkpoints:
    """The saved states of one run, in a folder of their own.

    A state is written in the background, beside the others, and renamed when it is
    complete, so the previous one remains if the process is killed.
    """

    def __init__(self, folder: Path, *, keep: int = 2) -> None:
        """Opens the folder, making it if needed; keeps the latest `keep` states."""
        folder.mkdir(parents=True, exist_ok=True)
        _ignore_closed_loops()
        processes = ocp.options.MultiprocessingOptions()
        if jax.process_count() > 1:
            # Only the main process has such an object.
            own = jax.process_index()
            processes = ocp.options.MultiprocessingOptions(own, {own}, "alone")
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep, create=False, multiprocessing_options=processes
        )
        self._folder = folder
        self._manager = ocp.CheckpointManager(folder.absolute(), options=options)

    def saved(self) -> list[int]:
        """Epochs of the saved states, the latest first."""
        return sorted(self._manager.all_steps(), reverse=True)

    def save(self, epoch: int, run: RunState) -> None:
        """Starts to write the state after `epoch` epochs; `finish` waits for it.

        Raises:
            InputError: if this state or the one before cannot be written.
        """
        self.finish()
        # The next epoch reuses the memory of `run`, so a copy is written.
        copy = jax.tree.map(_on_host, run)
        # Checked first: on a full disk Orbax prints a traceback for each array.
        _require_space(self._folder, copy)
        with self._as_input_error():
            self._manager.save(epoch, args=ocp.args.StandardSave(copy))

    def finish(self) -> None:
        """Returns when all that was saved is on disk.

        Raises:
            InputError: if it cannot be written.
        """
        with self._as_input_error():
            self._manager.wait_until_finished()

    def restore(self, epoch: int, like: RunState) -> RunState:
        """Reads one state; `like` gives structure, shapes and dtypes.

        Raises:
            InputError: if it is damaged, or of other shapes.
        """
        abstract = jax.tree.map(ocp.utils.to_shape_dtype_struct, like)
        try:
            wanted = ocp.args.StandardRestore(abstract)
            with _without_logs():
                return cast(RunState, self._manager.restore(epoch, args=wanted))
        except Exception as error:
            # Orbax and its libraries raise a dozen kinds for a damaged file.
            came = f"{self._manager.directory / str(epoch)}, which cannot be read"
            raise InputError(
                f"checkpoint: got {came} ({first_line(error)}), "
                "wanted a complete state of this configuration"
            ) from error

    def latest(self, like: RunState) -> tuple[int, RunState] | None:
        """The latest state that can be read, and its epoch; None if none was saved.

        A damaged one is skipped with a warning.

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
                _logger.warning("%s; the previous one is used", error)
        return None

    def delete_after(self, epoch: int) -> None:
        """Deletes states of later epochs, which will be written again.

        Also deletes what remains of a state whose deletion was interrupted: Orbax
        deletes its files in any order, and does not recognize the rest.
        """
        for later in self.saved():
            if later > epoch:
                self._manager.delete(later)
        for state in self._folder.iterdir():
            complete = (state / "_CHECKPOINT_METADATA").is_file()
            if state.name.isdigit() and not complete:
                shutil.rmtree(state, ignore_errors=True)

    @contextlib.contextmanager
    def _as_input_error(self) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            # Orbax's libraries report a full disk as lack of some resource, in text.
            reason = error.strerror if isinstance(error, OSError) else None
            if "No space left" in str(error):
                reason = "no space left on device"
            cause = OSError(0, reason or first_line(error)[:200])
            raise write_error(self._folder, cause) from error


def _require_space(folder: Path, state: Any) -> None:
    needed = sum(leaf.nbytes for leaf in jax.tree.leaves(state)) + SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        found = f"{free // 2**20} MiB free, a checkpoint takes {needed // 2**20 + 1}"
        raise InputError(f"cannot write {folder}: no space left on device ({found})")


def _on_host(leaf: Any) -> np.ndarray:
    return leaf if isinstance(leaf, np.ndarray) else np.array(leaf, copy=True)


def _ignore_closed_loops() -> None:
    """Silences what libraries of Orbax print after an error that was reported.

    Pending reads and writes then find the event loop closed, each in its own thread,
    where the exception cannot be caught.
    """
    if getattr(sys.unraisablehook, "ignores_closed_loops", False):
        return
    original = sys.unraisablehook

    def hook(caught: "sys.UnraisableHookArgs", /) -> None:
        if str(caught.exc_value) != "Event loop is closed":
            original(caught)

    hook.ignores_closed_loops = True  # type: ignore[attr-defined]
    sys.unraisablehook = hook


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    """Silences Orbax, whose message about a damaged file is part of the error."""
    logger = logging.getLogger("absl")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


_logger = logging.getLogger(__name__)
