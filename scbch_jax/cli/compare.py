"""`scbch compare`: two sets of codes on the same queries."""

import json
from typing import Any

import numpy as np

from scbch_jax import retrieval
from scbch_jax.cli import console
from scbch_jax.cli.code_sources import Source, counted, read_sources
from scbch_jax.cli.options.code_commands import Compare
from scbch_jax.errors import require
from scbch_jax.io import Record
from scbch_jax.report import as_markdown, percent


def main(options: Compare) -> None:
    """Compares the first seed of both sources in every direction that both have."""
    left, right = (
        next(read_sources([path], keys=options.keys, pairs=options.pairs))
        for path in (options.first, options.second)
    )
    ways = [way for way in left.searches if way in right.searches]
    names = [", ".join(source.searches) for source in (left, right)]
    require(bool(ways), "second", names[1], f"one of {names[0]}")
    for side, what in enumerate(("queries", "a database")):
        same = np.array_equal(left.labels[side], right.labels[side])
        require(same, "second", f"{what} with other labels", "those of the first")
    if lone := sorted(left.searches.keys() ^ right.searches.keys()):
        console.say(f"only one of them has {', '.join(lone)}", aside=True)
    found = {way: _compared(options, left, right, way) for way in ways}
    if options.json:
        lines = ({"direction": way, **line} for way, line in found.items())
        console.say("\n".join(map(json.dumps, lines)))
        return
    console.say(_table(found))
    if options.show:
        console.say("\n" + _changes(found))


def _compared(options: Compare, left: Source, right: Source, way: str) -> Record:
    first, second = (_precisions(s, way, options.depth) for s in (left, right))
    gain = second - first
    low, high = retrieval.bootstrap_interval(gain, resamples=options.rounds)
    most = np.argsort(-np.abs(np.nan_to_num(gain)), kind="stable")[: options.show]
    return {
        "first": retrieval.mean_of(first),
        "second": retrieval.mean_of(second),
        "gain": retrieval.mean_of(gain),
        "from": low,
        "to": high,
        "p": retrieval.randomization_test(first, second, rounds=options.rounds),
        "changed": [
            {"query": int(q), "first": float(first[q]), "second": float(second[q])}
            for q in most
            if np.isfinite(gain[q])
        ],
    }


def _precisions(source: Source, way: str, depth: int | None) -> Any:
    counts = counted(source, source.searches[way])
    return retrieval.average_precision(counts, depth=depth)


def _table(found: dict[str, Record]) -> str:
    keys = ("first", "second", "gain", "from", "to")
    rows = [
        [way.upper(), *(percent(line[k]) for k in keys), f"{line['p']:.4f}"]
        for way, line in found.items()
    ]
    header = ["MAP in percent", "first", "second", "gain", "95 % from", "to", "p"]
    return as_markdown(header, rows)


def _changes(found: dict[str, Record]) -> str:
    rows = [
        [f"{way.upper()} {row['query']}", percent(row["first"]), percent(row["second"])]
        for way, line in found.items()
        for row in line["changed"]
    ]
    return as_markdown(["queries that changed most", "first", "second"], rows)
