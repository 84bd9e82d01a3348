"""`scbch bench evaluate`: the time of evaluating hash codes, and baselines."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, multiple_of, size_list
from scbch_jax.io import Record, write_jsonl


@dataclass(frozen=True)
class BenchEvaluate:
    """Time the evaluation of hash codes here and in PyTorch, and a search by FAISS."""

    queries: Annotated[int, at_least(1)] = 2000
    """Number of queries of each direction."""
    items: Annotated[tuple[int, ...], size_list()] = (18015,)
    """Sizes of the database; each is timed on its own."""
    bits: Annotated[int, multiple_of(8)] = 64
    """Length of the codes, a multiple of 8."""
    classes: Annotated[int, at_least(1)] = 24
    """Number of classes of the labels."""
    rounds: Annotated[int, at_least(1)] = 5
    """How often each baseline is timed, interleaved; the median is printed."""
    sampled: Annotated[int, at_least(1)] = 100
    """Number of queries on which PyTorch is timed; its time is scaled to all."""
    counting: tuple[Literal["scatter", "sort", "one-hot"], ...] = ()
    """Also time counting on one device in these ways; metrics are those of all."""
    json: Path | None = None
    """File for all results, one JSON object a line."""
    figure: Path | None = None
    """File for a figure of seconds against database size: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        console.require_targets("bench", self.json, self.figure)


def main(options: BenchEvaluate) -> None:
    """Times every installed baseline at every size of the database."""
    import jax

    from scbch_jax import bench

    problems = {
        items: bench.draw_problem(
            queries=options.queries,
            items=items,
            bits=options.bits,
            classes=options.classes,
        )
        for items in options.items
    }
    baselines = dict(bench.BASELINES)
    for name in options.counting:
        run = partial(bench.counted_on_device, counting=name)
        baselines[f"JAX, counted by {name}"] = bench.Baseline(run)
    found = bench.measure(
        problems, baselines, rounds=options.rounds, sampled=options.sampled
    )
    lines: list[Record] = [
        {"items": items, "baseline": name, **found[items, name]._asdict()}
        for items in problems
        for name in baselines
    ]
    if options.json:
        write_jsonl(options.json, lines)
    if options.figure:
        _draw(lines, options.figure)
    device = jax.devices()[0].device_kind
    size = f"{options.queries} queries, {options.bits} bits, {options.classes} classes"
    console.output(f"MAP and a 15-point curve, both directions; {size}; {device}")
    console.output(_table(lines, options))
    if bench.MISSING:
        names = ", ".join(bench.MISSING)
        console.output(f"not installed: {names} (pip install 'scbch_jax[bench]')")
    if len(options.items) > 2:
        console.output(f"JAX: {_growth(*_points(lines, 'JAX'))}")


def _points(lines: list[Record], baseline: str) -> tuple[Any, Any]:
    """Database sizes in ascending order, and the seconds at each."""
    import numpy as np

    of_one = (x for x in lines if x["baseline"] == baseline)
    items, seconds = np.array(sorted((x["items"], x["seconds"]) for x in of_one)).T
    return items, seconds


def _growth(items: Any, seconds: Any) -> str:
    """The least-squares line through the times, and its coefficient R²."""
    import numpy as np

    slope, start = np.polyfit(items, seconds, 1)
    explained = np.corrcoef(items, seconds)[0, 1] ** 2
    return f"{start:.2g} s + {1e6 * slope:.2g} s a million items (R² {explained:.4f})"


def _table(lines: list[Record], options: BenchEvaluate) -> str:
    from scbch_jax.report import as_markdown

    jax_seconds = {x["items"]: x["seconds"] for x in lines if x["baseline"] == "JAX"}
    rows = []
    for line in lines:
        sampled = line["queries"] < options.queries
        note = f", scaled from {line['queries']} queries" if sampled else ""
        rows.append(
            [
                f"{line['items']}",
                line["baseline"] + note,
                f"{line['seconds']:.3f}",
                f"{line['seconds'] / jax_seconds[line['items']]:.2f}",
                f"{line['memory']:.0f}",
            ]
        )
    header = ["items", "baseline", "seconds", "relative to JAX", "added MiB"]
    return as_markdown(header, rows)


def _draw(lines: list[Record], target: Path) -> None:
    """Seconds against database size, with the least-squares line in the legend."""
    from scbch_jax import plotting

    with plotting.figure_file(target, (6, 4)) as figure:
        axes = figure.subplots()
        for name in dict.fromkeys(line["baseline"] for line in lines):
            items, seconds = _points(lines, name)
            label = name if len(items) == 1 else f"{name}: {_growth(items, seconds)}"
            axes.loglog(items, seconds, "o-", label=label)
        axes.set_xlabel("items of the database")
        axes.set_ylabel("seconds, both directions")
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0))
