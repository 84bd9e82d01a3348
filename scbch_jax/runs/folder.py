"""The files of a run: results, traces and checkpoints of each seed."""

from pathlib import Path

from scbch_jax import io
from scbch_jax.data.label_noise import LabelChanges
from scbch_jax.errors import InputError, require
from scbch_jax.results import EpochResult, append_result, read_results, write_results
from scbch_jax.training import Checkpoints, RunState


class RunFolder:
    """The folder of one experiment, with one subfolder for each seed."""

    def __init__(self, path: Path) -> None:
        """Names the folder; nothing is read or written yet."""
        self.path = path
        self._checkpoints: dict[int, Checkpoints] = {}

    def results(self, seed: int) -> list[EpochResult]:
        """The results of a seed so far.

        Raises:
            InputError: if its file is damaged.
        """
        return read_results(self._results(seed))

    def append(self, result: EpochResult) -> None:
        """Adds a line to the results of its seed."""
        append_result(self._results(result.seed), result)

    def traces(self, seed: int) -> Path:
        """The folder of a seed's traces."""
        return self._part(seed) / "traces"

    def checkpoints(self, seed: int) -> Checkpoints:
        """The saved states of a seed; its folder is made."""
        if seed not in self._checkpoints:
            self._checkpoints[seed] = Checkpoints(self._part(seed) / "checkpoints")
        return self._checkpoints[seed]

    def rewind(self, seed: int, done: int, changes: LabelChanges) -> None:
        """Removes the results of epochs after `done`, and records the noise.

        Raises:
            InputError: if results of earlier epochs are missing.
        """
        part = self._part(seed)
        part.mkdir(exist_ok=True)
        io.write_npz(part / "noise.npz", **changes._asdict())
        kept = [result for result in self.results(seed) if result.epoch <= done]
        got = f"{len(kept)} result lines of {done} saved epochs in {part}"
        require(len(kept) == done, "resume", got, "all of them, or another folder")
        write_results(self._results(seed), kept)

    def saved_state(self, seed: int, like: RunState) -> RunState:
        """The latest saved state of a seed.

        Raises:
            InputError: if none was saved.
        """
        there = (self._part(seed) / "checkpoints").is_dir()
        found = self.checkpoints(seed).latest(like) if there else None
        if found is None:
            got = f"{self._part(seed)}, which has no checkpoint"
            raise InputError(f"run: got {got}, wanted a run that was trained")
        return found[1]

    def _part(self, seed: int) -> Path:
        return self.path / f"seed-{seed}"

    def _results(self, seed: int) -> Path:
        return self._part(seed) / "results.jsonl"


def has_checkpoints(path: Path) -> bool:
    """Whether a run has saved states; one that is being written has a suffix."""
    return any(p.name.isdigit() for p in path.glob("seed-*/checkpoints/*"))


def has_results(path: Path) -> bool:
    """Whether a run's folder has results or states, which took time to train."""
    lines = path.glob("seed-*/results.jsonl")
    return has_checkpoints(path) or any(p.stat().st_size for p in lines)
