"""`scbch bench neighbors`: the neighbor search, compared with NumPy's argpartition."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, size_list
from scbch_jax.errors import require
from scbch_jax.io import Record, write_jsonl


@dataclass(frozen=True)
class BenchNeighbors:
    """Time the neighbor search, and argpartition of all similarities in NumPy."""

    rows: Annotated[tuple[int, ...], size_list()] = (10_000,)
    """Numbers of samples; each is timed on its own."""
    bits: Annotated[int, at_least(1)] = 64
    """Length of the relaxed codes of each modality."""
    neighbors: Annotated[int, at_least(1)] = 20
    """Number of neighbors k, below the smallest number of samples."""
    search: tuple[Literal["exact", "approximate", "tree"], ...] = ("exact",)
    """Which searches to time."""
    rounds: Annotated[int, at_least(1)] = 3
    """How often each search is timed, interleaved; the median is printed. With one
    round, the first run is timed, compilation included."""
    sampled: Annotated[int, at_least(1)] = 512
    """Number of rows on which NumPy is timed, and on which neighbors are compared with
    those computed in float64."""
    json: Path | None = None
    """File for all results, one JSON object a line."""
    figure: Path | None = None
    """File for a figure of seconds against the number of samples: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        fits = self.neighbors < min(self.rows)
        require(fits, "neighbors", self.neighbors, f"fewer than {min(self.rows)} rows")
        require(bool(self.search), "search", "none", "exact, approximate or tree")
        console.require_targets("bench", self.json, self.figure)


def main(options: BenchNeighbors) -> None:
    """Times every search at every number of rows, and compares what it finds."""
    import jax

    lines = _measured(options)
    if options.json:
        write_jsonl(options.json, lines)
    if options.figure:
        _draw(lines, options.figure)
    device = jax.devices()[0].device_kind
    size = f"{options.neighbors} neighbors, {options.bits} bits, 2 modalities"
    console.output(
        f"{size}; {device}; compared with float64 on at most {options.sampled} rows"
    )
    console.output(_table(lines))


def _measured(options: BenchNeighbors) -> list[Record]:
    from scbch_jax import bench

    lines: list[Record] = []
    # In ascending order: a peak of memory hides every smaller one after it.
    for rows in sorted(options.rows):
        console.log(f"{rows} rows: searching")
        found = bench.measure_search(
            bench.draw_codes(rows=rows, bits=options.bits),
            neighbors=options.neighbors,
            search=options.search,
            rounds=options.rounds,
            sampled=options.sampled,
        )
        for name, result in found.items():
            numbers = {**result._asdict(), "agreement": result.agreement._asdict()}
            sizes = {"bits": options.bits, "neighbors": options.neighbors}
            lines.append({"rows": rows, "baseline": name, **sizes, **numbers})
    return lines


def _table(lines: list[Record]) -> str:
    from scbch_jax.report import as_markdown

    header = ["rows", "search", "seconds", "rows a second", "added MiB", "equal"]
    header += ["equal up to ties", "recall"]
    cells = []
    for line in lines:
        sampled, agreement = line["timed_rows"] < line["rows"], line["agreement"]
        note = f", scaled from {line['timed_rows']} rows" if sampled else ""
        cells.append(
            [
                f"{line['rows']}",
                line["baseline"] + note,
                f"{line['seconds']:.3f}",
                f"{line['rows'] / line['seconds']:.0f}",
                f"{line['memory']:.0f}",
                *(f"{agreement[k]:.4f}" for k in ("equal", "equal_up_to_ties")),
                f"{agreement['recall']:.4f}",
            ]
        )
    return as_markdown(header, cells)


def _draw(lines: list[Record], target: Path) -> None:
    """Seconds against the number of rows."""
    from scbch_jax import plotting

    with plotting.figure_file(target, (6, 4)) as figure:
        axes = figure.subplots()
        for name in dict.fromkeys(line["baseline"] for line in lines):
            points = [(x["rows"], x["seconds"]) for x in lines if x["baseline"] == name]
            axes.loglog(*zip(*points, strict=True), "o-", label=name)
        axes.set_xlabel("rows")
        axes.set_ylabel("seconds")
        axes.legend()
