"""What a run writes as it goes, and what one that goes on reads."""

import shutil
from pathlib import Path

import numpy as np

from scbch_jax import io
from scbch_jax.data.label_noise import Flips
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record
from scbch_jax.training import Checkpoints, Epoch, RunState


class RunFolder:
    """The folder of one experiment, one part for each seed."""

    def __init__(self, path: Path) -> None:
        """Names the folder; nothing is read or written yet."""
        self.path = path
        self._checkpoints: dict[int, Checkpoints] = {}

    def lines(self, seed: int) -> list[Record]:
        """The result lines of a seed so far."""
        return io.read_jsonl(self._part(seed) / "results.jsonl")

    def write(self, seed: int, line: Record) -> None:
        """Appends a result line."""
        io.append_jsonl(self._part(seed) / "results.jsonl", line)

    def traces(self, seed: int) -> Path:
        """Where a seed's traces go."""
        return self._part(seed) / "traces"

    def save(self, seed: int, epoch: Epoch) -> None:
        """Saves the state after an epoch."""
        self._of(seed).save(epoch.number, epoch.run)

    def finish(self, seed: int) -> None:
        """Returns when all that was saved is on disk."""
        self._of(seed).finish()

    def go_on(self, seed: int, fresh: RunState, flips: Flips) -> tuple[int, RunState]:
        """The latest saved state and its epochs, or the fresh one and 0.

        Lines of epochs after the saved state are dropped; they will be written again.
        """
        states = self._of(seed)
        done, run = states.latest(fresh) or (0, fresh)
        states.forget_after(done)
        self.go_back(seed, done, flips)
        return done, run

    def go_back(self, seed: int, done: int, flips: Flips) -> None:
        """Drops the lines of epochs after `done`, and notes what noise hit."""
        part = self._part(seed)
        part.mkdir(exist_ok=True)
        np.savez(part / "noise.npz", **flips._asdict())
        kept = [line for line in self.lines(seed) if line["epoch"] <= done]
        got = f"{len(kept)} result lines of {done} saved epochs in {part}"
        require(len(kept) == done, "resume", got, "all of them, or another folder")
        io.write_jsonl(part / "results.jsonl", kept)

    def drop_if_nothing_saved(self) -> None:
        """Removes the folder of a run that failed before its first saved state."""
        for states in self._checkpoints.values():
            states.finish()
        if not has_states(self.path):
            shutil.rmtree(self.path, ignore_errors=True)

    def saved(self, seed: int, like: RunState) -> RunState:
        """The latest saved state.

        Raises:
            InputError: if none was saved.
        """
        there = (self._part(seed) / "checkpoints").is_dir()
        found = self._of(seed).latest(like) if there else None
        if found is None:
            got = f"{self._part(seed)}, which has no checkpoint"
            raise InputError(f"run: got {got}, wanted a run that was trained")
        return found[1]

    def _part(self, seed: int) -> Path:
        return self.path / f"seed-{seed}"

    def _of(self, seed: int) -> Checkpoints:
        if seed not in self._checkpoints:
            self._checkpoints[seed] = Checkpoints(self._part(seed) / "checkpoints")
        return self._checkpoints[seed]


def has_states(path: Path) -> bool:
    """Whether a run's folder has whole saved states; one being written has a suffix."""
    return any(p.name.isdigit() for p in path.glob("seed-*/checkpoints/*"))
