"""The result of an epoch, its line in results.jsonl, and the summary of a run."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax.errors import InputError, require
from scbch_jax.io import append_jsonl, read_jsonl, write_jsonl


class Confidence(NamedTuple):
    """How well a method's confidence in its training labels tells right from wrong.

    A value is None where there are no rows, or entries, of its kind.
    """

    clean: float | None
    """Mean over rows with correct labels."""
    noisy: float | None
    """Mean over rows with labels that noise changed."""
    roc_auc: float | None
    """Area under the ROC curve, clean against noisy rows."""
    entries_roc_auc: float | None = None
    """Area under the ROC curve over the entries of the labels, right against wrong; for
    methods with a posterior of every entry."""
    expected_wrong: float | None = None
    """Share of the given labels that are wrong, by the posteriors: an estimate."""
    expected_missing: float | None = None
    """Share of the labels that are not given and are missing, by the posteriors."""


class RetrievalScore(NamedTuple):
    """MAP over the whole ranking, in [0, 1]."""

    i2t: float
    """Images search texts."""
    t2i: float
    """Texts search images."""
    average: float
    """Mean of both."""


class EpochResult(NamedTuple):
    """The result of one epoch of one run: a line of results.jsonl."""

    seed: int
    epoch: int
    """From 1."""
    losses: dict[str, float]
    """Means over the epoch's steps: "total", and each term before its weight."""
    confidence: Confidence | None = None
    """None for methods without a confidence in rows."""
    retrieval: RetrievalScore | None = None
    """None for epochs that were not evaluated."""
    held_out: RetrievalScore | None = None
    """MAP of held-out training rows by their noisy labels, if there are any."""
    seconds: float | None = None
    """Time of training, evaluation and saving."""

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object; what is None is left out."""
        parts = {name: _plain(part) for name, part in self._asdict().items()}
        return {name: part for name, part in parts.items() if part is not None}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "EpochResult":
        """Reads a line, also of versions that wrote all values side by side.

        Example:
            >>> line = {"seed": 0, "epoch": 1, "total": 2.5, "seconds": 0.1}
            >>> EpochResult.from_json(line).losses
            {'total': 2.5}

        Raises:
            InputError: if the line is not the result of an epoch.
        """
        nested = line if isinstance(line.get("losses"), dict) else _nested(line)
        losses = nested.get("losses", {})
        seconds = nested.get("seconds")
        valid = (
            all(_is_whole(nested.get(name)) for name in ("seed", "epoch"))
            and "total" in losses
            and all(_is_number(value) for value in (*losses.values(), seconds))
        )
        require(valid, "results", f"{dict(line)!r:.60}", "the result of an epoch")
        return cls(
            seed=nested["seed"],
            epoch=nested["epoch"],
            losses=dict(losses),
            confidence=_filled(Confidence, nested.get("confidence")),
            retrieval=_filled(RetrievalScore, nested.get("retrieval")),
            held_out=_filled(RetrievalScore, nested.get("held_out")),
            seconds=seconds,
        )


class Summary(NamedTuple):
    """What tables show of a finished run."""

    last: EpochResult
    """Of the last epoch."""
    best: EpochResult
    """Of the epoch with the best average MAP, chosen on the test queries."""
    selected: EpochResult | None = None
    """Of the epoch with the best average MAP of held-out training rows, without a look
    at the test queries; None if no rows are held out."""

    def to_json(self) -> dict[str, Any]:
        """The results as JSON objects; what is None is left out."""
        parts = self._asdict().items()
        return {name: part.to_json() for name, part in parts if part is not None}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Summary":
        """Reads what `to_json` gave.

        Raises:
            InputError: if it is something else.
        """
        parts = {name: record[name] for name in cls._fields if name in record}
        whole = {"last", "best"} <= parts.keys()
        whole = whole and all(isinstance(part, dict) for part in parts.values())
        require(whole, "summary", f"{dict(record)!r:.60}", "a last and a best result")
        return cls(**{n: EpochResult.from_json(part) for n, part in parts.items()})


def summarize(results: Iterable[EpochResult], seed: int) -> Summary:
    """The last, the best, and the selected evaluated epoch of a seed.

    Raises:
        InputError: if none of its epochs was evaluated.
    """
    scored = [
        (r.retrieval.average, r) for r in results if r.seed == seed and r.retrieval
    ]
    got = f"no evaluated epoch of seed {seed}"
    require(bool(scored), "results", got, "at least one")
    held_out = [(r.held_out.average, r) for _, r in scored if r.held_out]

    def first_best(pairs: list[tuple[float, EpochResult]]) -> EpochResult:
        return max(pairs, key=lambda pair: pair[0])[1]

    return Summary(
        last=scored[-1][1],
        best=first_best(scored),
        selected=first_best(held_out) if held_out else None,
    )


def read_results(path: Path) -> list[EpochResult]:
    """Reads results.jsonl; a last line that was cut short is left out.

    Raises:
        InputError: for any other line that is not the result of an epoch.
    """
    results = []
    for number, line in enumerate(read_jsonl(path), start=1):
        try:
            results.append(EpochResult.from_json(line))
        except InputError as error:
            raise InputError(f"{path}, line {number}: {error}") from error
    return results


def append_result(path: Path, result: EpochResult) -> None:
    """Adds one line to results.jsonl."""
    append_jsonl(path, result.to_json())


def write_results(path: Path, results: Iterable[EpochResult]) -> None:
    """Replaces results.jsonl, in one step."""
    write_jsonl(path, (result.to_json() for result in results))


def _plain(part: Any) -> Any:
    """A part as JSON; an optional field that is None is left out."""
    if not hasattr(part, "_asdict"):
        return part
    optional = part._field_defaults
    return {
        k: v for k, v in part._asdict().items() if k not in optional or v is not None
    }


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    """A number, or None, which stands for one that JSON lacks."""
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (_is_whole(value) and abs(value) < 2**63)


def _filled(kind: Any, part: Any) -> Any:
    if part is None:
        return None
    names = set(kind._fields)
    needed = names - kind._field_defaults.keys()
    whole = isinstance(part, dict) and needed <= part.keys() <= names
    whole = whole and all(map(_is_number, part.values()))
    if kind is RetrievalScore:
        whole = whole and None not in part.values()
    wanted = f"numbers of {', '.join(sorted(needed))}"
    require(whole, "results", f"{part!r:.60}", wanted)
    return kind(**part)


def _nested(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the flat form, in which losses are what no other name claims."""
    confidence = {
        name: line.get(f"confidence_{old}")
        for name, old in (("clean", "clean"), ("noisy", "noisy"), ("roc_auc", "roc"))
    }
    retrieval = {name: line.get(name) for name in RetrievalScore._fields}
    known = {"seed", "epoch", "seconds", *RetrievalScore._fields}
    losses = {
        name: value
        for name, value in line.items()
        if name not in known and not name.startswith("confidence_")
    }
    return {
        "seed": line.get("seed"),
        "epoch": line.get("epoch"),
        "losses": losses,
        "confidence": confidence if "confidence_roc" in line else None,
        "retrieval": retrieval if line.get("average") is not None else None,
        "seconds": line.get("seconds"),
    }
