"""`scbch bench train`: steps and epochs, beside PyTorch's, and the floor of a step."""

import importlib.util
import itertools
import json
from pathlib import Path

import jax

from scbch_jax import bench
from scbch_jax.cli import console
from scbch_jax.cli.options.benches import BenchTrain
from scbch_jax.io import Record, write_text
from scbch_jax.report import as_markdown

PARTS = (*bench.TIMED, "epoch")


def main(options: BenchTrain) -> None:
    """Times every part of an epoch, every way, at every width."""
    lines: list[Record] = []
    for hidden in options.hidden:
        lines += _of_width(options, hidden)
    if options.json:
        write_text(options.json, "\n".join(map(json.dumps, lines)) + "\n")
    if options.picture:
        _draw(lines, options.picture)
    sizes = f"{options.rows} rows, {options.queries} queries, {options.items} items"
    console.say(f"{sizes}; batch 128, 64 bits; {jax.devices()[0].device_kind}")
    console.say(_table(lines))
    console.say(
        "encode, vote and score are those of one epoch; the epoch is put together from "
        f"its parts,\nof which {options.steps} steps and {options.encoded} encoded "
        f"rows were timed, and of PyTorch {options.sampled} scored queries"
    )
    if not importlib.util.find_spec("torch"):
        console.say("left out, not installed: PyTorch (.venv/bin/pip install torch)")


def _of_width(options: BenchTrain, hidden: int) -> list[Record]:
    shape = bench.Shape(
        hidden, rows=options.rows, queries=options.queries, items=options.items
    )
    part = bench.Sampled(options.steps, options.encoded, options.sampled)
    ours = {
        _name(*kind): {"precision": kind[0], "moments": kind[1]}
        for kind in itertools.product(options.precision, options.moments)
    }
    ways = {name: bench.ours(shape, part, **kind) for name, kind in ours.items()}
    if importlib.util.find_spec("torch"):
        ways["PyTorch"] = bench.theirs(shape, part)
    total = (options.rounds + 1) * len(bench.TIMED) * len(ways)
    with console.counted(f"width {hidden}, parts timed", total=total) as advance:
        found = bench.measure_parts(
            ways, shape, part, rounds=options.rounds, advance=advance
        )
    lines = []
    for way, parts in found.items():
        kind = {**ours.get(way, {}), "device": jax.devices()[0].device_kind}
        line: Record = {"way": way, **kind, **shape._asdict(), **parts}
        if way in ours:
            floor = bench.floor(shape, **ours[way])
            line["floor"] = {**floor._asdict(), "seconds": floor.seconds}
        lines.append(line)
    return lines


def _name(precision: str, moments: str) -> str:
    return f"ours, {precision}" + ("" if moments == "float32" else ", short moments")


def _table(lines: list[Record]) -> str:
    rows = []
    for line in lines:
        first = next(x for x in lines if x["hidden"] == line["hidden"])
        floor = line["floor"]["seconds"] if "floor" in line else None
        rows.append(
            [
                f"{line['hidden']}",
                line["way"],
                *(f"{line[part]:.4f}" for part in PARTS),
                f"{line['step'] / first['step']:.2f}",
                f"{line['epoch'] / first['epoch']:.2f}",
                f"{floor:.4f}" if floor else "-",
                f"{100 * floor / line['step']:.0f} %" if floor else "-",
            ]
        )
    header = ["width", "way", *(f"{part}, s" for part in PARTS)]
    header += [
        "step over the first's",
        "epoch over the first's",
        "floor of a step, s",
        "reached",
    ]
    return as_markdown(header, rows)


def _draw(lines: list[Record], target: Path) -> None:
    """Stacked seconds of an epoch, a bar for each width and way."""
    # Imported here: drawing takes half a second to load, and few ask for it.
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names = [f"{line['hidden']}, {line['way']}" for line in lines]
    figure, axes = plt.subplots(figsize=(7, 0.5 * len(lines) + 1.5))
    left = [0.0] * len(lines)
    for part in ("steps", *PARTS[1:-1]):
        sizes = [_seconds(line, part) for line in lines]
        axes.barh(names, sizes, left=left, label=part)
        left = [a + b for a, b in zip(left, sizes, strict=True)]
    axes.set_xlabel("seconds of an epoch")
    axes.invert_yaxis()
    axes.legend(frameon=False, ncols=4, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figure.savefig(target, dpi=150, bbox_inches="tight")
    plt.close(figure)


def _seconds(line: Record, part: str) -> float:
    if part == "steps":
        return line["epoch"] - sum(line[other] for other in PARTS[1:-1])
    return line[part]
