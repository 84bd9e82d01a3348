"""`scbch bench serve`: searches over HTTP, from another process."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from scbch_jax.cli import console
from scbch_jax.config.constraints import (
    at_least,
    between,
    check_fields,
    multiple_of,
    size_list,
)
from scbch_jax.errors import require
from scbch_jax.io import Record, write_jsonl


@dataclass(frozen=True)
class BenchServe:
    """Time searches by code over HTTP, in closed loops and under overload."""

    items: Annotated[int, at_least(1)] = 1_000_000
    """Size of the index."""
    bits: Annotated[int, multiple_of(8)] = 64
    """Length of the codes, a multiple of 8."""
    k: Annotated[int, at_least(1, 1000)] = 10
    """Hits of each search."""
    connections: Annotated[tuple[int, ...], size_list()] = (1, 16)
    """Connections of the closed loops, at most 256."""
    overload: Annotated[float, between(0.1, 1000)] = 10.0
    """Rate of the open loop, as a multiple of that of the last closed loop."""
    seconds: Annotated[float, between(0.1, 3600)] = 10.0
    """Duration of each load."""
    json: Path | None = None
    """File for all results, one JSON object a line."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        most = max(self.connections)
        require(most <= 256, "connections", most, "at most 256")
        console.require_targets("bench", self.json, None)


def main(options: BenchServe) -> None:
    """Serves an index of random codes, and sends searches to it."""
    from scbch_jax.report import as_markdown

    lines, engine = _measured(options)
    if options.json:
        write_jsonl(options.json, lines)
    header = ["load", "answered", "refused", "failed", "unsent", "per_second"]
    header += ["median", "p99", "search", "megabytes"]
    cells = [
        [f"{x:.2f}" if isinstance(x, float) else f"{x}" for x in map(line.get, header)]
        for line in lines
    ]
    console.output(f"{options.items} items, {options.bits} bits, k = {options.k}")
    console.output(as_markdown(header, cells))
    console.output(f"the engine alone, in this process: median {engine:.2f} ms")


def _measured(options: BenchServe) -> tuple[list[Record], float]:
    from scbch_jax.bench import search, serving
    from scbch_jax.index import Index, Rows, build

    codes, asked = search.draw_random(
        items=options.items, bits=options.bits, queries=200
    )
    how = {"k": options.k, "find": "image"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        build(path, Rows({"image": codes}))
        engine = serving.engine_milliseconds(Index(path), asked, **how)
        requests = serving.requests_of(asked, **how)
        with serving.served(path) as port:
            loads = []
            for count in options.connections:
                console.log(f"{count} connections: searching")
                loads.append(
                    serving.closed_loop(
                        port, requests, connections=count, seconds=options.seconds
                    )
                )
            rate = max(1.0, options.overload * loads[-1].per_second)
            console.log(f"{rate:.0f} a second: searching")
            loads.append(
                serving.open_loop(port, requests, rate=rate, seconds=options.seconds)
            )
            after = serving.closed_loop(
                port, requests, connections=1, seconds=options.seconds
            )
            loads.append(after._replace(load="closed, 1, afterward"))
    return [{**load._asdict(), "engine": engine} for load in loads], engine
