"""`scbch crosscheck`: recorded answers of the PyTorch code against ours."""

import json
import math
import tempfile
from pathlib import Path
from typing import Any

from scbch_jax import io
from scbch_jax.agreement import Checked, Comparison, check_file, record
from scbch_jax.agreement.picture import draw_step_losses
from scbch_jax.cli import console
from scbch_jax.cli.options.torch_commands import Crosscheck
from scbch_jax.errors import require
from scbch_jax.report import as_markdown

SHIPPED = Path(__file__).parents[2] / "tests" / "golden"
"""Recorded files of this checkout."""

HEADER = ["quantity", "values", "largest", "median", "relative", "measure", "tolerance"]


def main(options: Crosscheck) -> int:
    """Checks every file, prints a table for each; 1 if anything disagrees."""
    with tempfile.TemporaryDirectory() as scratch:
        named = options.files
        if options.official:
            for seed in options.seed:
                record(options.official, seed, Path(scratch))
                console.say(f"recorded answers to seed {seed}", aside=True)
            named = (*named, Path(scratch))
        paths = _files(named or (SHIPPED,))
        found = {path: check_file(path, float64=options.float64) for path in paths}
        if options.picture:
            draw_step_losses(found, options.picture)
    _write(options, found)
    every = [(path, c) for path, checked in found.items() for c in checked.comparisons]
    wrong = [f"{path.name}: {c.quantity}" for path, c in every if not c.agrees]
    console.say(f"{len(every) - len(wrong)} of {len(every)} quantities agree")
    for name in wrong:
        console.say(f"DIFFERS: {name}")
    return 1 if wrong else 0


def _write(options: Crosscheck, found: dict[Path, Checked]) -> None:
    if options.json:
        lines = [
            json.dumps({"file": path.name, **_finite(comparison)})
            for path, checked in found.items()
            for comparison in checked.comparisons
        ]
        io.write_text(options.json, "\n".join(lines) + "\n")
    for path, checked in found.items():
        console.say(f"{path.name}\n{_table(checked.comparisons)}\n")


def _finite(comparison: Comparison) -> dict[str, Any]:
    """A line's fields; JSON has no infinity, so that is null."""
    fields = comparison._asdict()
    return {k: None if x in (math.inf, -math.inf) else x for k, x in fields.items()}


def _files(named: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in named:
        inside = sorted(path.glob("*.npz")) if path.is_dir() else [path]
        wanted = "a recorded .npz file, or a folder with some"
        require(bool(inside) and inside[0].is_file(), "files", path, wanted)
        files += inside
    return files


def _table(comparisons: list[Comparison]) -> str:
    rows = [
        [
            c.quantity,
            str(c.values),
            *(
                "-" if math.isinf(x) else f"{x:.1e}"
                for x in (c.largest, c.median, c.relative)
            ),
            f"{c.measure} {c.measured:.1e}",
            f"{c.tolerance:.0e}",
            "agrees" if c.agrees else "DIFFERS",
        ]
        for c in comparisons
    ]
    return as_markdown([*HEADER, "verdict"], rows)
