"""What is known of a run after an epoch, and its line in results.jsonl."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax.errors import require
from scbch_jax.io import append_jsonl, read_jsonl, write_jsonl


class Confidence(NamedTuple):
    """How a method's confidence in its training rows parts clean from noisy ones."""

    clean: float | None
    """Mean over rows whose labels are right; None if there are none."""
    noisy: float | None
    """Mean over rows whose labels noise changed; None if there are none."""
    roc_auc: float | None
    """Area under the ROC curve of clean rows against noisy ones."""


class RetrievalScore(NamedTuple):
    """MAP over the whole ranking, in [0, 1]."""

    i2t: float
    """Images search texts."""
    t2i: float
    """Texts search images."""
    average: float
    """Mean of both."""


class EpochResult(NamedTuple):
    """One line of results.jsonl."""

    seed: int
    epoch: int
    """From 1."""
    losses: dict[str, float]
    """Means over the epoch's steps: "total", and each term before its weight."""
    confidence: Confidence | None = None
    """None for methods without row weights."""
    retrieval: RetrievalScore | None = None
    """None for epochs that are not scored."""
    seconds: float | None = None
    """Training, scoring and saving of the epoch."""

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object; what is None is left out."""
        parts = {name: _plain(part) for name, part in self._asdict().items()}
        return {name: part for name, part in parts.items() if part is not None}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "EpochResult":
        """Reads a line, also one of versions that wrote all values side by side.

        Example:
            >>> line = {"seed": 0, "epoch": 1, "total": 2.5, "seconds": 0.1}
            >>> EpochResult.from_json(line).losses
            {'total': 2.5}

        Raises:
            InputError: if the line is no result of an epoch.
        """
        whole = {"seed", "epoch"} <= line.keys()
        require(whole, "results", f"{dict(line)!r:.60}", "the result of an epoch")
        nested = line if isinstance(line.get("losses"), dict) else _nested(line)
        return cls(
            seed=nested["seed"],
            epoch=nested["epoch"],
            losses=dict(nested["losses"]),
            confidence=_filled(Confidence, nested.get("confidence")),
            retrieval=_filled(RetrievalScore, nested.get("retrieval")),
            seconds=nested.get("seconds"),
        )


def read_results(path: Path) -> list[EpochResult]:
    """Reads results.jsonl; a last line that was cut short is left out."""
    return [EpochResult.from_json(line) for line in read_jsonl(path)]


def append_result(path: Path, result: EpochResult) -> None:
    """Adds one line to results.jsonl."""
    append_jsonl(path, result.to_json())


def write_results(path: Path, results: Iterable[EpochResult]) -> None:
    """Replaces results.jsonl, in one step."""
    write_jsonl(path, (result.to_json() for result in results))


def _plain(part: Any) -> Any:
    return part._asdict() if hasattr(part, "_asdict") else part


def _filled(kind: Any, part: Any) -> Any:
    if part is None:
        return None
    names = set(kind._fields)
    whole = isinstance(part, dict) and part.keys() == names
    require(whole, "results", f"{part!r:.60}", f"values of {', '.join(sorted(names))}")
    return kind(**part)


def _nested(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the flat form, in which losses are what no other name claims."""
    confidence = {
        name: line.get(f"confidence_{old}")
        for name, old in (("clean", "clean"), ("noisy", "noisy"), ("roc_auc", "roc"))
    }
    retrieval = {name: line[name] for name in RetrievalScore._fields if name in line}
    known = {"seed", "epoch", "seconds", *RetrievalScore._fields}
    losses = {
        name: value
        for name, value in line.items()
        if name not in known and not name.startswith("confidence_")
    }
    return {
        "seed": line["seed"],
        "epoch": line["epoch"],
        "losses": losses,
        "confidence": confidence if "confidence_roc" in line else None,
        "retrieval": retrieval or None,
        "seconds": line.get("seconds"),
    }
