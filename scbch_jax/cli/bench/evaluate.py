"""`scbch bench evaluate`: how fast the evaluator is, beside other ways."""

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

from scbch_jax import bench
from scbch_jax.cli import console
from scbch_jax.cli.options.benches import BenchEvaluate
from scbch_jax.io import Record, write_text
from scbch_jax.report import as_markdown


def main(options: BenchEvaluate) -> None:
    """Times every way at every size of the database."""
    problems = {
        items: bench.draw(
            queries=options.queries,
            items=items,
            bits=options.bits,
            classes=options.classes,
        )
        for items in options.items
    }
    found = bench.measure(
        problems, bench.WAYS, rounds=options.rounds, sampled=options.sampled
    )
    lines: list[Record] = [
        {"items": items, "way": way, **found[items, way]._asdict()}
        for items in problems
        for way in bench.WAYS
    ]
    if options.json:
        write_text(options.json, "\n".join(map(json.dumps, lines)) + "\n")
    if options.picture:
        _draw(lines, options.picture)
    device = jax.devices()[0].device_kind
    size = f"{options.queries} queries, {options.bits} bits, {options.classes} classes"
    console.say(f"MAP and a 15-point curve, both directions; {size}; {device}")
    console.say(_table(lines, options))
    if left := ", ".join(bench.MISSING):
        console.say(f"left out, not installed: {left}")
    if len(ours := [line for line in lines if line["way"] == "ours"]) > 2:
        growth = _growth(*zip(*((x["items"], x["seconds"]) for x in ours), strict=True))
        console.say(f"ours: {growth}")


def _growth(items: Any, seconds: Any) -> str:
    """The straight line through the times, and how much of their spread it explains."""
    slope, start = np.polyfit(items, seconds, 1)
    explained = np.corrcoef(items, seconds)[0, 1] ** 2
    return f"{start:.2g} s + {1e6 * slope:.2g} s a million items (R² {explained:.4f})"


def _table(lines: list[Record], options: BenchEvaluate) -> str:
    ours = {line["items"]: line["seconds"] for line in lines if line["way"] == "ours"}
    rows = []
    for line in lines:
        part = line["queries"] < options.queries
        rows.append(
            [
                f"{line['items']}",
                line["way"]
                + (f", {line['queries']} queries scaled up" if part else ""),
                f"{line['seconds']:.3f}",
                f"{line['seconds'] / ours[line['items']]:.2f}",
                f"{line['memory']:.0f}",
            ]
        )
    header = ["items", "way", "seconds", "over ours", "MiB more"]
    return as_markdown(header, rows)


def _draw(lines: list[Record], target: Path) -> None:
    """Seconds against database size, with the straight line that fits each way."""
    # Imported here: drawing takes half a second to load, and few ask for it.
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for way in dict.fromkeys(line["way"] for line in lines):
        points = [(x["items"], x["seconds"]) for x in lines if x["way"] == way]
        items, seconds = np.array(sorted(points)).T
        label = way if len(items) == 1 else f"{way}: {_growth(items, seconds)}"
        axes.loglog(items, seconds, "o-", label=label)
    axes.set_xlabel("items of the database")
    axes.set_ylabel("seconds, both directions")
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    figure.savefig(target, dpi=150, bbox_inches="tight")
    plt.close(figure)
