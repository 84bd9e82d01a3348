"""`scbch bench lanes`: several runs at once, compared with one after another."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, size_list
from scbch_jax.errors import require
from scbch_jax.io import Record, write_jsonl


@dataclass(frozen=True)
class BenchLanes:
    """Time an epoch of several runs, trained at once and one after another."""

    lanes: Annotated[tuple[int, ...], size_list()] = (4,)
    """Numbers of runs; each is timed on its own."""
    hidden: Annotated[int, at_least(1)] = 256
    """Width of the hidden layers."""
    rows: Annotated[int, at_least(2)] = 2000
    """Number of training rows."""
    rounds: Annotated[int, at_least(1)] = 3
    """How often each way is timed, interleaved; the median is printed."""
    json: Path | None = None
    """File for all results, one JSON object a line."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        require(self.rows > 20, "rows", self.rows, "more than 20 neighbors")
        console.require_targets("bench", self.json, None)


def main(options: BenchLanes) -> None:
    """Times every number of runs."""
    import jax

    from scbch_jax.bench.lanes import measure_lanes
    from scbch_jax.bench.training import Shape
    from scbch_jax.report import as_markdown

    shape = Shape(options.hidden, rows=options.rows)
    lines: list[Record] = []
    for lanes in options.lanes:
        console.log(f"{console.counted(lanes, 'run')}: training an epoch")
        found = measure_lanes(shape, lanes, rounds=options.rounds)
        lines.append({"lanes": lanes, **shape._asdict(), **found._asdict()})
    if options.json:
        write_jsonl(options.json, lines)
    rows = [
        [
            f"{x['lanes']}",
            f"{x['one_after_another']:.3f}",
            f"{x['as_lanes']:.3f}",
            f"{x['one_after_another'] / x['as_lanes']:.2f}",
        ]
        for x in lines
    ]
    header = ["runs", "one after another, s", "at once, s", "times as fast"]
    size = f"{options.rows} rows, width {options.hidden}, batch {shape.batch_size}"
    console.output(f"one epoch of all runs; {size}; {jax.devices()[0].device_kind}")
    console.output(as_markdown(header, rows))
