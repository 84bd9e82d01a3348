"""`scbch evaluate`: retrieval metrics of a run, or of any codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.config.constraints import ChecksFields, at_least, depth_list
from scbch_jax.errors import require
from scbch_jax.io import Record

if TYPE_CHECKING:
    from scbch_jax.retrieval import CodeSets

Pair = tuple[Any, Any]
"""Codes of the queries and of the database."""


@dataclass(frozen=True)
class Evaluate(ChecksFields):
    """Compute retrieval metrics of a trained run, or of hash codes in files."""

    source: Annotated[
        tyro.conf.Positional[tuple[Path, ...]],
        tyro.conf.arg(metavar="SOURCE ..."),
    ]
    """Folder that train wrote, or files with codes and labels of queries and database:
    .npz, .npy, .h5 or .mat. Codes are real values, -1 and 1, 0 and 1, or packed bytes;
    labels are multi-hot rows or class ids."""
    keys: tuple[str, ...] = ()
    """Names of the files' arrays if they are not known ones, as query_image=NAME; also
    query_text, query_codes, query_labels, and the same for database. This option goes
    after the files."""
    pairs: tuple[str, ...] = ()
    """Which modality searches which, as image:text or audio:image (query_audio against
    database_image); by default image:text and text:image, or codes."""
    root: str = ""
    """Data root of a run, if its data were moved since it was trained."""
    cutoffs: Annotated[tuple[int, ...], depth_list()] = ()
    """Cutoffs k: each adds MAP, precision and recall among the first k items."""
    relevance: Literal["none", "shared", "jaccard"] = "none"
    """Graded relevance: the number of shared labels, or their Jaccard similarity; adds
    weighted MAP, and NDCG and ACG at each cutoff."""
    rank: tuple[Literal["query", "both"], ...] = ()
    """Also rank the nearest items by the cosine of the query's relaxed code with hash
    codes (query) or relaxed codes (both) of the items: adds MAP and NDCG@10, graded by
    shared labels. Files need the relaxed codes that encode --relaxed writes. This
    option goes after the files."""
    pool: Annotated[int, at_least(1, 100_000)] = 300
    """How many of the nearest items are ranked so, with all ties of the last."""
    stable: bool = False
    """Also compute MAP with ties in the order of the database."""
    sample: Annotated[int, at_least(0)] = 0
    """Queries to evaluate, drawn without replacement, the same in each call; 0 for all
    queries. The intervals then say how much the draw matters."""
    resamples: Annotated[int, at_least(0, 1_000_000)] = 2000
    """Bootstrap resamples of the queries for 95 % intervals; 0 for none."""
    curve: Path | None = None
    """File to write precision and recall by Hamming radius to, as CSV."""
    csv: Path | None = None
    """File to write every metric to, as CSV."""
    queries: Path | None = None
    """File to write the values of each query to, as CSV."""
    json: bool = False
    """Print JSON lines instead of a table."""


MANY_PAIRS = 10**9
"""Pairs of a query and an item above which progress is shown: seconds of work."""


def main(options: Evaluate) -> None:
    """Evaluates every direction of every seed, or of the files."""
    from scbch_jax.cli.code_sources import print_footnotes, read_codes

    _check_outputs(options)
    lines: list[Record] = []
    curve: list[Any] = []
    queries: list[Any] = []
    for name, sets in read_codes(
        options.source,
        keys=options.keys,
        pairs=options.pairs,
        root=options.root,
        relaxed=bool(options.rank),
    ):
        items = sets.sizes["items"]
        fits = max(options.cutoffs, default=0) <= items
        got = ", ".join(map(str, options.cutoffs))
        require(fits, "cutoffs", got, f"at most the {items} items of the database")
        rows = _drawn(options, sets)
        sets = sets.of_queries(rows) if options.sample else sets
        line, points, values = _evaluate(options, sets)
        (source,) = name.values()
        lines.append({**name, **line})
        curve += [(source, *row) for row in points]
        queries += [
            (source, direction, rows[query], *rest)
            for direction, query, *rest in values
        ]
    if options.curve:
        header = ["source", "direction", "radius", "precision", "recall"]
        io.write_csv(options.curve, header, curve)
    if options.queries:
        header = ["source", "direction", "query", "metric", "value"]
        io.write_csv(options.queries, header, queries)
    if options.csv:
        header = ["source", "direction", "metric", "value"]
        io.write_csv(options.csv, header, _rows(lines))
    if options.json:
        console.output("\n".join(map(io.json_line, lines)))
    else:
        console.output("\n\n".join(map(_table, lines)))
    print_footnotes(options.source, json=options.json)


def _check_outputs(options: Evaluate) -> None:
    """Whether each output can be written, and is none of the files that are read."""
    outputs = {"csv": options.csv, "curve": options.curve, "queries": options.queries}
    given = {name: path for name, path in outputs.items() if path is not None}
    taken = {path.absolute() for path in options.source}
    for name, path in given.items():
        io.require_writable(name, path)
        same = path.absolute() in taken or (
            path.is_file() and any(x.exists() and path.samefile(x) for x in taken)
        )
        require(not same, name, f"{path}, which is read or written already", "another")
        taken.add(path.absolute())


def _drawn(options: Evaluate, sets: "CodeSets") -> Any:
    """Numbers of the queries to evaluate, ascending."""
    import numpy as np

    there, wanted = sets.sizes["queries"], options.sample
    require(wanted <= there, "sample", wanted, f"at most the {there} queries")
    if not wanted:
        return np.arange(there)
    return np.sort(np.random.default_rng(0).choice(there, wanted, replace=False))


def _evaluate(
    options: Evaluate, sets: "CodeSets"
) -> tuple[Record, list[Any], list[Any]]:
    """The metrics by direction, and the rows of the curve and of the single queries."""
    from scbch_jax import retrieval
    from scbch_jax.cli.code_sources import distance_counts

    line: Record = dict(sets.sizes)
    curve: list[Any] = []
    queries: list[Any] = []
    for direction, codes in sets.searches.items():
        if sets.sizes["queries"] * sets.sizes["items"] > MANY_PAIRS:
            console.log(
                "{0}: {queries} queries, {items} items".format(direction, **sets.sizes)
            )
        counts = distance_counts(codes, sets)
        values = _metrics(options, sets, codes, counts)
        line[direction] = _means(options, sets, codes, counts, values)
        ranked = _ranked(options, sets, direction) if options.rank else {}
        line[direction] |= {name: retrieval.mean_of(v) for name, v in ranked.items()}
        points = zip(*retrieval.precision_recall(counts), strict=True)
        curve += [
            (direction, radius, f"{precision:.6f}", f"{recall:.6f}")
            for radius, (precision, recall) in enumerate(points)
        ]
        queries += [
            (direction, query, metric, f"{value:.9g}")
            for metric, numbers in (values | ranked).items()
            for query, value in enumerate(numbers)
        ]
    average = [line[direction]["MAP"] for direction in sets.searches]
    line["average"] = sum(average) / len(average)
    return line, curve, queries


def _metrics(options: Evaluate, sets: "CodeSets", codes: Pair, counts: Any) -> Any:
    """Every metric of every query, by name."""
    from scbch_jax import retrieval

    graded = None
    if options.relevance != "none":
        labels = (sets.query_labels, sets.database_labels)
        graded = retrieval.graded_counts(*codes, *labels, grade=options.relevance)
    return retrieval.query_metrics(counts, depths=options.cutoffs, graded=graded)


def _means(
    options: Evaluate, sets: "CodeSets", codes: Pair, counts: Any, values: Any
) -> Record:
    """Means over queries, and the metrics that no single query has."""
    from scbch_jax import retrieval

    means: Record = {name: retrieval.mean_of(v) for name, v in values.items()}
    if options.resamples:
        means["MAP, 95 % from"], means["MAP, 95 % to"] = retrieval.bootstrap_interval(
            values["MAP"], resamples=options.resamples
        )
    means["precision within radius 2"] = retrieval.precision_within(counts, radius=2)
    if options.stable:
        labels = (sets.query_labels, sets.database_labels)
        means["MAP, stable order"] = retrieval.stable_map(*codes, *labels)
    return means


def _ranked(options: Evaluate, sets: "CodeSets", direction: str) -> Any:
    """Metrics of every query where the nearest items are ranked by more than bits."""
    from scbch_jax.index.rank import RELAXED_WANTED, check_relaxed
    from scbch_jax.index.ranked_metrics import ranked_metrics

    assert sets.relaxed is not None
    sizes, relaxed = sets.sizes, sets.relaxed[direction]
    sides = ("queries", "items") if "both" in options.rank else ("queries",)
    for side, found in zip(sides, relaxed, strict=False):
        name = f"relaxed codes of the {side} of {direction}"
        require(found is not None, "rank", f"no {name}", RELAXED_WANTED)
        check_relaxed(name, found, rows=sizes[side], bits=sizes["bits"])
    labels = (sets.query_labels, sets.database_labels)
    codes, ranks = sets.searches[direction], options.rank
    return ranked_metrics(codes, relaxed, labels, ranks=ranks, pool=options.pool)


def _directions(line: Record) -> dict[str, Record]:
    return {name: part for name, part in line.items() if isinstance(part, dict)}


def _rows(lines: list[Record]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        for direction, metrics in _directions(line).items():
            for metric, value in metrics.items():
                source = line.get("file", line.get("seed"))
                yield source, direction, metric, f"{value:.9g}"


def _table(line: Record) -> str:
    from scbch_jax.report import as_markdown, percent

    directions = _directions(line)
    name = line.get("file", f"seed {line.get('seed')}")
    name += ": {queries} queries, {items} items, {bits} bits".format(**line)
    rows = []
    for metric in next(iter(directions.values())):
        values = [metrics[metric] for metrics in directions.values()]
        if metric.startswith(("ACG", "weighted")):
            # Mean grades may exceed 1.
            rows.append([f"{metric} (grade)", *(f"{value:.3f}" for value in values)])
        else:
            rows.append([f"{metric} (%)", *map(percent, values)])
    return as_markdown([name, *(x.upper() for x in directions)], rows)
