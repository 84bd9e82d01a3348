"""`scbch bench search`: the time of a search in packed codes, here and in FAISS."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, multiple_of, size_list
from scbch_jax.errors import require
from scbch_jax.io import Record, write_jsonl

if TYPE_CHECKING:
    from scbch_jax.bench.search import Engines


@dataclass(frozen=True)
class BenchSearch:
    """Time searches in packed codes here and in FAISS, on one core."""

    items: Annotated[tuple[int, ...], size_list()] = (1_000_000,)
    """Sizes of the database; each is timed on its own."""
    bits: Annotated[int, multiple_of(8)] = 64
    """Length of the codes, a multiple of 8."""
    queries: Annotated[tuple[int, ...], size_list()] = (1, 64)
    """Numbers of queries that are searched at once."""
    k: Annotated[tuple[int, ...], size_list()] = (10, 1000)
    """Numbers of hits of each query, at most the smallest database."""
    rounds: Annotated[int, at_least(1)] = 7
    """How often each engine is timed, interleaved; the median is printed."""
    postgres: str = ""
    """postgresql://user@host/database#schema: the database is timed as well. It must
    have pgvector; the schema holds an index for that time only."""
    json: Path | None = None
    """File for all results, one JSON object a line."""
    figure: Path | None = None
    """File for a figure of milliseconds against database size: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        fits = max(self.k) <= min(self.items)
        require(fits, "k", max(self.k), f"at most {min(self.items)} items")
        console.require_targets("bench", self.json, self.figure)


def main(options: BenchSearch) -> None:
    """Times every engine at every size."""
    from scbch_jax import extras
    from scbch_jax.bench.search import one_core
    from scbch_jax.report import as_markdown

    with one_core():
        lines = _measured(options)
    if options.json:
        write_jsonl(options.json, lines)
    if options.figure:
        _draw(lines, options.figure)
    header = ["codes", "items", "queries", "k", "engine", "milliseconds"]
    cells = [
        [
            *(f"{line[name]}" for name in header[:-1]),
            f"{line['milliseconds']:.3g}",
            f"{line['ratio']:.2f}",
            f"{line['recall']:.3f}",
        ]
        for line in lines
    ]
    console.output(f"{options.bits} bits, one core, {options.rounds} rounds")
    console.output(as_markdown([*header, "flat / engine", "recall"], cells))
    if not extras.is_installed("faiss"):
        console.output("not installed: FAISS (pip install 'scbch_jax[faiss]')")


def _measured(options: BenchSearch) -> list[Record]:
    from scbch_jax import extras
    from scbch_jax.bench import search

    lines: list[Record] = []
    for items in options.items:
        sizes = {"items": items, "bits": options.bits, "queries": max(options.queries)}
        console.log(f"{items} items: searching")
        codes, asked = search.draw_random(**sizes)
        engines = search.exact_engines(codes)
        for k in options.k:
            search.check_agreement(engines, asked, k=k)
        lines += _times("random", engines, asked, items, options)
        if options.postgres:
            with search.postgres_engines(codes, options.postgres) as engines:
                lines += _times("random", engines, asked, items, options)
        if extras.is_installed("faiss"):
            codes, asked = search.draw_clustered(**sizes)
            engines = search.approximate_engines(codes)
            lines += _times("clustered", engines, asked, items, options)
    return lines


def _times(
    codes: str, engines: "Engines", asked: Any, items: int, options: BenchSearch
) -> list[Record]:
    from scbch_jax.bench import search

    lines: list[Record] = []
    for count in options.queries:
        for k in options.k:
            queries = asked[:count]
            recall = search.recalls(engines, queries, k=k)
            found = search.measure_engines(engines, queries, k=k, rounds=options.rounds)
            call = (items, options.bits, count, k)
            for name, ms in found.items():
                ratio = found["flat"] / ms
                line = search.SearchTime(codes, name, *call, ms, ratio, recall[name])
                lines.append(line._asdict())
    return lines


def _draw(lines: list[Record], target: Path) -> None:
    """Milliseconds against the number of items, a line for each engine and call."""
    from scbch_jax import plotting

    with plotting.figure_file(target, (7, 5)) as figure:
        axes = figure.subplots()
        fields = ("codes", "engine", "queries", "k")
        calls = dict.fromkeys(tuple(x[f] for f in fields) for x in lines)
        for call in calls:
            points = sorted(
                (x["items"], x["milliseconds"])
                for x in lines
                if tuple(x[f] for f in fields) == call
            )
            codes, engine, queries, k = call
            label = f"{engine}, {codes}, queries: {queries}, k = {k}"
            axes.loglog(*zip(*points, strict=True), "o-", label=label)
        axes.set_xlabel("items of the database")
        axes.set_ylabel("milliseconds")
        axes.legend(fontsize=6)
