"""`scbch bench neighbors`: the neighbor search, beside a matrix of all similarities."""

import json
from pathlib import Path

import jax

from scbch_jax import bench
from scbch_jax.cli import console
from scbch_jax.cli.options.benches import BenchNeighbors
from scbch_jax.io import Record, write_text
from scbch_jax.report import as_markdown


def main(options: BenchNeighbors) -> None:
    """Times every way at every number of rows, and says what each found."""
    lines: list[Record] = []
    # From few rows to many: a peak of memory hides the smaller ones after it.
    for rows in sorted(options.rows):
        console.say(f"{rows} rows: searching", aside=True)
        found = bench.measure_search(
            bench.draw_codes(rows=rows, bits=options.bits),
            neighbors=options.neighbors,
            search=options.search,
            rounds=options.rounds,
            sampled=options.sampled,
        )
        for way, result in found.items():
            numbers = {**result._asdict(), "agreement": result.agreement._asdict()}
            sizes = {"bits": options.bits, "neighbors": options.neighbors}
            lines.append({"rows": rows, "way": way, **sizes, **numbers})
    if options.json:
        write_text(options.json, "\n".join(map(json.dumps, lines)) + "\n")
    if options.picture:
        _draw(lines, options.picture)
    device = jax.devices()[0].device_kind
    size = f"{options.neighbors} neighbors, {options.bits} bits, 2 modalities"
    console.say(
        f"{size}; {device}; equality with float64 on {options.sampled} rows at most"
    )
    console.say(_table(lines))


def _table(lines: list[Record]) -> str:
    header = ["rows", "way", "seconds", "rows a second", "MiB more", "equal"]
    header += ["equal but for ties", "recall"]
    cells = []
    for line in lines:
        part, agreement = line["timed"] < line["rows"], line["agreement"]
        cells.append(
            [
                f"{line['rows']}",
                line["way"] + (f", {line['timed']} rows scaled up" if part else ""),
                f"{line['seconds']:.3f}",
                f"{line['rows'] / line['seconds']:.0f}",
                f"{line['memory']:.0f}",
                f"{agreement['equal']:.4f}",
                f"{agreement['explained']:.4f}",
                f"{agreement['found']:.4f}",
            ]
        )
    return as_markdown(header, cells)


def _draw(lines: list[Record], target: Path) -> None:
    """Seconds against the number of rows."""
    # Imported here: drawing takes half a second to load, and few ask for it.
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4))
    for way in dict.fromkeys(line["way"] for line in lines):
        points = [(x["rows"], x["seconds"]) for x in lines if x["way"] == way]
        axes.loglog(*zip(*points, strict=True), "o-", label=way)
    axes.set_xlabel("rows")
    axes.set_ylabel("seconds")
    axes.legend(frameon=False)
    figure.savefig(target, dpi=150, bbox_inches="tight")
    plt.close(figure)
