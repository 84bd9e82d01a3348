"""`scbch bench train`: the time of a training epoch, PyTorch's, a roofline."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from scbch_jax import extras
from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, size_list
from scbch_jax.errors import require
from scbch_jax.io import Record, write_jsonl

COLUMNS = ("step", "encode", "soft_labels", "score", "epoch")
"""Timed parts of an epoch, and their sum."""


@dataclass(frozen=True)
class BenchTrain:
    """Time training steps and epochs with scoring, here and in PyTorch."""

    hidden: Annotated[tuple[int, ...], size_list()] = (1024, 8192)
    """Widths of the hidden layers, each timed on its own; the paper's is 8192."""
    rows: Annotated[int, at_least(2)] = 10_000
    """Number of training rows."""
    queries: Annotated[int, at_least(1)] = 2000
    """Number of queries that are scored."""
    items: Annotated[int, at_least(1)] = 18_015
    """Size of the database that is scored."""
    steps: Annotated[int, at_least(1)] = 8
    """Number of timed steps; their time is scaled to an epoch."""
    sampled: Annotated[int, at_least(1)] = 50
    """Number of queries on which PyTorch's scoring is timed."""
    encoded: Annotated[int, at_least(1)] = 2048
    """Number of rows on which encoding is timed."""
    rounds: Annotated[int, at_least(1)] = 3
    """How often each part is timed, interleaved; the median is printed."""
    precision: tuple[Literal["highest", "high", "default", "bfloat16"], ...] = (
        "highest",
    )
    """Precisions of matrix products to time, as of --training.precision."""
    moments: tuple[Literal["float32", "bfloat16"], ...] = ("float32",)
    """Types of the optimizer's state to time with each of them, as of
    --training.moments."""
    json: Path | None = None
    """File for all results, one JSON object a line."""
    figure: Path | None = None
    """File for a figure of the parts of an epoch: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        require(self.rows > 20, "rows", self.rows, "more than 20 neighbors")
        for name in ("precision", "moments"):
            require(bool(getattr(self, name)), name, "none", "at least one")
        console.require_targets("bench", self.json, self.figure)


def main(options: BenchTrain) -> None:
    """Times every part of an epoch at every width."""
    import jax

    lines: list[Record] = []
    for hidden in options.hidden:
        lines += _measured(options, hidden)
    if options.json:
        write_jsonl(options.json, lines)
    if options.figure:
        _draw(lines, options.figure)
    sizes = f"{options.rows} rows, {options.queries} queries, {options.items} items"
    console.output(f"{sizes}; batch 128, 64 bits; {jax.devices()[0].device_kind}")
    console.output(_table(lines))
    console.output(
        "encode, soft labels and score are those of one epoch; the epoch is the sum of "
        f"its parts.\nTimed and scaled: {options.steps} steps, {options.encoded} "
        f"encoded rows, and {options.sampled} queries scored by PyTorch."
    )
    if not extras.is_installed("torch"):
        console.output("not installed: PyTorch (pip install 'scbch_jax[torch]')")


def _measured(options: BenchTrain, hidden: int) -> list[Record]:
    import jax

    from scbch_jax import bench

    shape = bench.Shape(
        hidden, rows=options.rows, queries=options.queries, items=options.items
    )
    sample = bench.Sampled(options.steps, options.encoded, options.sampled)
    variants = {
        _name(precision, moments): {"precision": precision, "moments": moments}
        for precision, moments in itertools.product(options.precision, options.moments)
    }
    baselines = {
        name: bench.jax_baseline(shape, sample, **variant)
        for name, variant in variants.items()
    }
    if extras.is_installed("torch"):
        baselines["PyTorch"] = bench.torch_baseline(shape, sample)
    total = (options.rounds + 1) * len(bench.PARTS) * len(baselines)
    with console.progress_bar(f"width {hidden}, parts timed", total=total) as advance:
        found = bench.measure_parts(
            baselines, shape, sample, rounds=options.rounds, advance=advance
        )
    lines = []
    for name, seconds in found.items():
        variant = {**variants.get(name, {}), "device": jax.devices()[0].device_kind}
        line: Record = {"baseline": name, **variant, **shape._asdict(), **seconds}
        if name in variants:
            bound = bench.roofline(shape, **variants[name])
            line["roofline"] = {**bound._asdict(), "seconds": bound.seconds}
        lines.append(line)
    return lines


def _name(precision: str, moments: str) -> str:
    return f"JAX, {precision}" + (", bfloat16 moments" if moments != "float32" else "")


def _table(lines: list[Record]) -> str:
    from scbch_jax.report import as_markdown

    rows = []
    for line in lines:
        first = next(x for x in lines if x["hidden"] == line["hidden"])
        bound = line["roofline"]["seconds"] if "roofline" in line else None
        rows.append(
            [
                f"{line['hidden']}",
                line["baseline"],
                *(f"{line[part]:.4f}" for part in COLUMNS),
                f"{line['step'] / first['step']:.2f}",
                f"{line['epoch'] / first['epoch']:.2f}",
                f"{bound:.4f}" if bound else "-",
                f"{100 * bound / line['step']:.0f} %" if bound else "-",
            ]
        )
    parts = [f"{part.replace('_', ' ')}, s" for part in COLUMNS]
    header = ["width", "baseline", *parts, "step relative to first"]
    header += ["epoch relative to first", "roofline of a step, s", "of roofline"]
    return as_markdown(header, rows)


def _draw(lines: list[Record], target: Path) -> None:
    """Stacked seconds of an epoch, a bar for each width and baseline."""
    from scbch_jax import plotting

    names = [f"{line['hidden']}, {line['baseline']}" for line in lines]
    with plotting.figure_file(target, (7, 0.5 * len(lines) + 1.5)) as figure:
        axes = figure.subplots()
        left = [0.0] * len(lines)
        for part in ("steps", *COLUMNS[1:-1]):
            sizes = [_seconds(line, part) for line in lines]
            axes.barh(names, sizes, left=left, label=part.replace("_", " "))
            left = [a + b for a, b in zip(left, sizes, strict=True)]
        axes.set_xlabel("seconds of an epoch")
        axes.invert_yaxis()
        axes.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _seconds(line: Record, part: str) -> float:
    if part == "steps":
        return line["epoch"] - sum(line[other] for other in COLUMNS[1:-1])
    return line[part]
