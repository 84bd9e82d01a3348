"""`scbch evaluate`: how good the rankings of a run, or of anyone's codes, are."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from scbch_jax import retrieval
from scbch_jax.cli import console
from scbch_jax.cli.code_sources import Source, counted, read_sources
from scbch_jax.cli.options.code_commands import Evaluate
from scbch_jax.errors import require
from scbch_jax.io import Record, write_text
from scbch_jax.report import as_markdown, percent

Pair = tuple[Any, Any]


def main(options: Evaluate) -> None:
    """Scores every direction of every source."""
    written = (options.csv, options.curve, options.queries)
    for path in filter(None, written):
        read = path.resolve() in [source.resolve() for source in options.source]
        require(not read, "files", f"{path} to read and to write", "another to write")
    lines: list[Record] = []
    curves = ["source,direction,radius,precision,recall"]
    queries = ["source,direction,query,measure,value"]
    for source in _sources(options):
        (name,) = source.name.values()
        line: Record = {**source.name, **source.shape}
        for way, codes in source.searches.items():
            counts = counted(source, codes)
            values = _values(options, source, codes, counts)
            line[way] = _means(options, source, codes, counts, values)
            curves += _curve(f"{name},{way}", counts)
            queries += _per_query(f"{name},{way}", values)
        ways = [line[way]["MAP"] for way in source.searches]
        lines.append({**line, "average": sum(ways) / len(ways)})
    for path, rows in ((options.curve, curves), (options.queries, queries)):
        if path:
            write_text(path, "\n".join(rows) + "\n")
    if options.csv:
        write_text(options.csv, "\n".join(_csv(lines)) + "\n")
    tables = map(json.dumps if options.json else _table, lines)
    console.say(("\n" if options.json else "\n\n").join(tables))


def _sources(options: Evaluate) -> Iterator[Source]:
    for source in read_sources(
        options.source, keys=options.keys, pairs=options.pairs, root=options.root
    ):
        items = source.shape["items"]
        fits = max(options.depth, default=0) <= items
        require(fits, "depth", options.depth, f"at most the {items} items")
        yield source


def _values(options: Evaluate, source: Source, codes: Pair, counts: Any) -> Any:
    """Every metric of every query."""
    graded = None
    if options.grade != "none":
        graded = retrieval.graded_counts(*codes, *source.labels, grade=options.grade)
    return retrieval.measures(counts, depths=options.depth, graded=graded)


def _means(
    options: Evaluate, source: Source, codes: Pair, counts: Any, values: Any
) -> Record:
    """Means over queries, and what has no value for a single query."""
    means: Record = {name: retrieval.mean_of(v) for name, v in values.items()}
    if options.resamples:
        means["MAP, 95 % from"], means["MAP, 95 % to"] = retrieval.bootstrap_interval(
            values["MAP"], resamples=options.resamples
        )
    means["precision within radius 2"] = retrieval.precision_within(counts, radius=2)
    if options.stable:
        means["MAP, stable order"] = retrieval.stable_map(*codes, *source.labels)
    return means


def _curve(name: str, counts: Any) -> Iterator[str]:
    points = zip(*retrieval.precision_recall(counts), strict=True)
    for radius, (precision, recall) in enumerate(points):
        yield f"{name},{radius},{precision:.6f},{recall:.6f}"


def _per_query(name: str, values: dict[str, np.ndarray]) -> Iterator[str]:
    for measure, numbers in values.items():
        for query, value in enumerate(numbers):
            yield f'{name},{query},"{measure}",{value:.9g}'


def _ways(line: Record) -> dict[str, Record]:
    return {way: found for way, found in line.items() if isinstance(found, dict)}


def _csv(lines: list[Record]) -> Iterator[str]:
    yield "source,direction,measure,value"
    for line in lines:
        name = line.get("file", line.get("seed"))
        for way, found in _ways(line).items():
            for measure, value in found.items():
                yield f'{name},{way},"{measure}",{value:.9g}'


def _table(line: Record) -> str:
    ways = _ways(line)
    name = line.get("file", f"seed {line.get('seed')}")
    name += ": {queries} queries, {items} items, {bits} bits".format(**line)
    measures = next(iter(ways.values()))
    rows = [[m, *(_cell(m, found[m]) for found in ways.values())] for m in measures]
    return as_markdown([f"percent, {name}", *(way.upper() for way in ways)], rows)


def _cell(measure: str, value: float) -> str:
    """Percent, but for gains, which are no shares."""
    return f"{value:.3f}" if measure.startswith(("ACG", "weighted")) else percent(value)
