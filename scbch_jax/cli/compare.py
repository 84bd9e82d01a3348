"""`scbch compare`: two sets of codes on the same queries."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.config.constraints import ChecksFields, at_least, optional
from scbch_jax.errors import require
from scbch_jax.io import Record

if TYPE_CHECKING:
    from scbch_jax.retrieval import CodeSets


@dataclass(frozen=True)
class Compare(ChecksFields):
    """Test whether two sets of hash codes differ in MAP, paired by query."""

    first: tyro.conf.Positional[Path]
    """Folder that train wrote, or a file as for evaluate."""
    second: tyro.conf.Positional[Path]
    """The other folder or file, of the same queries."""
    keys: tuple[str, ...] = ()
    """Names of the files' arrays if they are not known ones, as for evaluate."""
    pairs: tuple[str, ...] = ()
    """Which modality searches which, as for evaluate."""
    cutoff: Annotated[int | None, optional(at_least(1))] = None
    """Cutoff k of MAP; by default the whole ranking."""
    rounds: Annotated[int, at_least(1, 1_000_000)] = 10_000
    """Permutations of the paired randomization test, and bootstrap resamples."""
    show: Annotated[int, at_least(0)] = 5
    """Queries to list for each direction: those whose average precision changed most.
    """
    json: bool = False
    """Print JSON lines instead of tables."""


def main(options: Compare) -> None:
    """Compares the first seeds of both in every direction that both have."""
    from scbch_jax.cli.code_sources import print_footnotes, read_codes

    def codes_of(field: str) -> "CodeSets":
        path, keys, pairs = getattr(options, field), options.keys, options.pairs
        return next(read_codes([path], keys=keys, pairs=pairs, field=field))[1]

    first, second = map(codes_of, _SIDES)
    _check_same_task(options, first, second)
    if lone := sorted(first.searches.keys() ^ second.searches.keys()):
        console.log(f"not compared, as only one has it: {', '.join(lone)}")
    both = [x for x in first.searches if x in second.searches]
    found = {x: _compare(options, first, second, x) for x in both}
    if options.json:
        lines = ({"direction": x, **line} for x, line in found.items())
        console.output("\n".join(map(io.json_line, lines)))
    else:
        console.output(_table(found))
        if options.show:
            console.output("\n" + _changed_queries(found))
    print_footnotes([options.first, options.second], json=options.json)


def _check_same_task(options: Compare, first: "CodeSets", second: "CodeSets") -> None:
    import numpy as np

    names = [", ".join(sets.searches) for sets in (first, second)]
    both = first.searches.keys() & second.searches.keys()
    require(bool(both), "second", names[1], f"one of {names[0]}")
    for side, words in (("query", "queries"), ("database", "a database")):
        labels = (getattr(sets, f"{side}_labels") for sets in (first, second))
        got = f"{words} with other labels"
        require(np.array_equal(*labels), "second", got, "those of the first")
    items = first.sizes["items"]
    fits = options.cutoff is None or options.cutoff <= items
    require(
        fits, "cutoff", options.cutoff, f"at most the {items} items of the database"
    )


def _compare(
    options: Compare, first: "CodeSets", second: "CodeSets", direction: str
) -> Record:
    """Means, gain, interval and p of a direction, and the queries that changed most."""
    import numpy as np

    from scbch_jax import retrieval

    before, after = (
        _average_precisions(sets, direction, options.cutoff) for sets in (first, second)
    )
    gain = after - before
    low, high = retrieval.bootstrap_interval(gain, resamples=options.rounds)
    most = np.argsort(-np.abs(np.nan_to_num(gain)), kind="stable")[: options.show]
    return {
        "first": retrieval.mean_of(before),
        "second": retrieval.mean_of(after),
        "gain": retrieval.mean_of(gain),
        "from": low,
        "to": high,
        "p": retrieval.randomization_test(before, after, rounds=options.rounds),
        "changed": [
            {"query": int(q), "first": float(before[q]), "second": float(after[q])}
            for q in most
            if np.isfinite(gain[q])
        ],
    }


def _average_precisions(sets: "CodeSets", direction: str, depth: int | None) -> Any:
    from scbch_jax import retrieval
    from scbch_jax.cli.code_sources import distance_counts

    counts = distance_counts(sets.searches[direction], sets)
    return retrieval.average_precision(counts, depth=depth)


def _table(found: dict[str, Record]) -> str:
    from scbch_jax.report import as_markdown, percent

    keys = ("first", "second", "gain", "from", "to")
    rows = [
        [direction.upper(), *(percent(line[k]) for k in keys), f"{line['p']:.4f}"]
        for direction, line in found.items()
    ]
    header = ["direction", "first, MAP %", "second, MAP %", "gain, points"]
    return as_markdown([*header, "95 % from", "to", "p-value"], rows)


def _changed_queries(found: dict[str, Record]) -> str:
    from scbch_jax.report import as_markdown, percent

    rows = [
        [f"{direction.upper()} {row['query']}", *(percent(row[k]) for k in _SIDES)]
        for direction, line in found.items()
        for row in line["changed"]
    ]
    header = ["queries that changed most", "first, AP %", "second, AP %"]
    return as_markdown(header, rows)


_SIDES = ("first", "second")
