"""`scbch bench search`: the time of a search in packed codes, beside FAISS."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, multiple_of, size_list
from scbch_jax.errors import require
from scbch_jax.io import Record, write_jsonl


@dataclass(frozen=True)
class BenchSearch:
    """Time searches in packed codes, by FAISS too, on one thread each."""

    items: Annotated[tuple[int, ...], size_list()] = (1_000_000,)
    """Sizes of the database; each is timed on its own."""
    bits: Annotated[int, multiple_of(8)] = 64
    """Length of the codes, a multiple of 8."""
    queries: Annotated[tuple[int, ...], size_list()] = (1, 64)
    """Numbers of queries that are searched at once."""
    k: Annotated[tuple[int, ...], size_list()] = (10, 1000)
    """Numbers of hits of each query, at most the smallest database."""
    rounds: Annotated[int, at_least(1)] = 7
    """How often each engine is timed, in turns; the median is printed."""
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
    from scbch_jax.report import as_markdown

    lines = _measured(options)
    if options.json:
        write_jsonl(options.json, lines)
    if options.figure:
        _draw(lines, options.figure)
    header = ["items", "queries", "k", "engine", "milliseconds", "flat / engine"]
    cells = [
        [
            *(f"{line[name]}" for name in ("items", "queries", "k", "engine")),
            f"{line['milliseconds']:.3g}",
            f"{line['ratio']:.2f}",
        ]
        for line in lines
    ]
    console.output(f"{options.bits} bits, one thread, {options.rounds} rounds")
    console.output(as_markdown(header, cells))
    if not extras.is_installed("faiss"):
        console.output("not installed: FAISS (pip install 'scbch_jax[bench]')")


def _measured(options: BenchSearch) -> list[Record]:
    from scbch_jax.bench import search

    lines: list[Record] = []
    for items in options.items:
        console.log(f"{items} items: searching")
        codes, asked = search.draw_database(
            items=items, bits=options.bits, queries=max(options.queries)
        )
        engines = search.search_engines(codes)
        for queries in options.queries:
            for k in options.k:
                found = search.measure_engines(
                    engines, asked[:queries], k=k, rounds=options.rounds
                )
                lines += [
                    search.SearchTime(
                        name, items, options.bits, queries, k, ms, found["flat"] / ms
                    )._asdict()
                    for name, ms in found.items()
                ]
    return lines


def _draw(lines: list[Record], target: Path) -> None:
    """Milliseconds against the number of items, a line for each engine and call."""
    from scbch_jax import plotting

    with plotting.figure_file(target, (6, 4)) as figure:
        axes = figure.subplots()
        calls = dict.fromkeys((x["engine"], x["queries"], x["k"]) for x in lines)
        for call in calls:
            points = sorted(
                (x["items"], x["milliseconds"])
                for x in lines
                if (x["engine"], x["queries"], x["k"]) == call
            )
            engine, queries, k = call
            label = f"{engine}, queries: {queries}, k = {k}"
            axes.loglog(*zip(*points, strict=True), "o-", label=label)
        axes.set_xlabel("items of the database")
        axes.set_ylabel("milliseconds")
        axes.legend()
