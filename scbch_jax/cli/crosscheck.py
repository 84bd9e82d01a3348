"""`scbch crosscheck`: recorded outputs of the PyTorch code against this package's."""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scbch_jax.cli import console, crosscheck_runs
from scbch_jax.config import Data, Noise
from scbch_jax.config.constraints import ChecksFields, at_least, multiple_of, seed_list
from scbch_jax.config.experiment import MethodName
from scbch_jax.errors import require
from scbch_jax.io import write_jsonl
from scbch_jax.originals import clones

if TYPE_CHECKING:
    from scbch_jax.agreement import Checked, Comparison
    from scbch_jax.agreement.comparison import StepLosses


COLUMNS = [
    "quantity", "values", "largest", "median", "relative", "measure", "tolerance",
    "verdict",
]  # fmt: skip


@dataclass(frozen=True)
class Crosscheck(ChecksFields):
    """Compare this package with recorded outputs of the authors' PyTorch code.

    --official and --runs run a clone of that code: third-party code. The exit code is 0
    only if everything agrees; with --runs, if mean MAPs are equal to within 0.5 points.
    """

    files: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="[FILES ...]")
    ] = ()
    """Recorded .npz files, or folders of them; by default those of the package."""
    float64: bool = False
    """Compute in double precision, whatever the inputs were recorded in."""
    json: Path | None = None
    """File for all comparisons, one JSON object a line."""
    figure: Path | None = None
    """File for a figure of the step losses of both programs: .png or .svg."""
    official: Path | None = None
    """A clone of a method's original repository. Its Python code is run, with all your
    permissions; its outputs on new inputs are recorded and compared. Needs PyTorch."""
    method: MethodName = "scbch"
    """The method whose repository --official or --runs names; pip_like, ltcmh_like and
    robust have none."""
    seed: Annotated[tuple[int, ...], seed_list()] = (0,)
    """Seeds of the inputs that --official draws."""
    runs: Path | None = None
    """A clone as for --official, run likewise: it is trained on the same data as this
    package, several times, and the mean MAP of both is compared. The options below are
    for it."""
    seeds: Annotated[int, at_least(2, 1000)] = 5
    """Runs of each program."""
    out: Path = Path("crosscheck.jsonl")
    """File of finished runs, one JSON object a line; they are not repeated."""
    hidden: Annotated[int, at_least(1, 65536)] = 256
    """Width of the hidden layers of both programs."""
    bits: Annotated[int, multiple_of(8, 65536)] = 64
    """Code length."""
    epochs: Annotated[int, at_least(1, 1_000_000)] = 30
    """Epochs of a run; the last one is compared."""
    data: Data = field(default_factory=Data)
    noise: Noise = field(default_factory=Noise)


def main(options: Crosscheck) -> int:
    """Checks every file and prints a table for each; 1 if anything disagrees."""
    from scbch_jax import agreement

    if options.runs:
        return crosscheck_runs.main(options, options.runs)
    for name in crosscheck_runs.OPTIONS:
        same = getattr(options, name) == getattr(Crosscheck(), name)
        require(same, name, "it without --runs", "it with --runs only")
    console.require_targets("crosscheck", options.json, options.figure)
    with tempfile.TemporaryDirectory() as scratch:
        paths = _recorded_files(options.files)
        if options.official:
            _record(options.official, options.method, options.seed, Path(scratch))
            paths += _recorded_files((Path(scratch),))
        paths = paths or _recorded_files((agreement.GOLDEN,))
        found: dict[Path, Checked] = {}
        for path in paths:
            found[path] = agreement.check_file(path, float64=options.float64)
            console.output(f"{path.name}\n{_table(found[path].comparisons)}\n")
    runs = {path.stem: x.step_losses for path, x in found.items() if x.step_losses}
    if options.figure:
        require(bool(runs), "figure", "files without a training run", "one with a run")
    if options.json:
        _write_json(options.json, found)
    if options.figure:
        _draw_step_losses(runs, options.figure)
    return _print_verdict(found)


def _record(clone: Path, method: str, seeds: tuple[int, ...], folder: Path) -> None:
    """Records outputs of the clone's code, a set of files for each seed."""
    clones.require_clone(method, clone)
    for seed in seeds:
        clones.record(method, clone, seed, folder)
        console.log(f"recorded outputs of {method} for seed {seed}")


def _recorded_files(named: tuple[Path, ...]) -> list[Path]:
    files: list[Path] = []
    for path in named:
        inside = sorted(path.glob("*.npz")) if path.is_dir() else [path]
        wanted = "a recorded .npz file, or a folder with some"
        require(bool(inside) and inside[0].is_file(), "files", path, wanted)
        files += inside
    return files


def _write_json(path: Path, found: "dict[Path, Checked]") -> None:
    records = [
        {"file": path.name, **comparison._asdict()}
        for path, checked in found.items()
        for comparison in checked.comparisons
    ]
    write_jsonl(path, records)


def _print_verdict(found: "dict[Path, Checked]") -> int:
    every = [(path, c) for path, checked in found.items() for c in checked.comparisons]
    wrong = [f"{path.name}: {c.quantity}" for path, c in every if not c.agrees]
    console.output(f"{len(every) - len(wrong)} of {len(every)} quantities agree")
    for name in wrong:
        console.output(f"DIFFERS: {name}")
    return 1 if wrong else 0


def _table(comparisons: "list[Comparison]") -> str:
    from scbch_jax.report import as_markdown

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
    return as_markdown(COLUMNS, rows)


SMALLEST = 1e-17
"""Drawn for steps whose losses are equal: a logarithmic axis has no 0."""


def _draw_step_losses(runs: "Mapping[str, StepLosses]", target: Path) -> None:
    """Draws the losses of every run, and below them the absolute differences."""
    import numpy as np

    from scbch_jax import plotting

    with plotting.figure_file(target, (8, 5.5)) as figure:
        losses, differences = figure.subplots(2, sharex=True)
        for name, (computed, recorded) in runs.items():
            steps = np.arange(1, len(computed) + 1)
            (line,) = losses.plot(
                steps, recorded, lw=4, alpha=0.35, label=f"{name}, PyTorch"
            )
            color = line.get_color()
            losses.plot(steps, computed, lw=1.2, color=color, label=f"{name}, JAX")
            difference = np.maximum(np.abs(computed - recorded), SMALLEST)
            differences.semilogy(steps, difference, ".", color=color)
        _draw_limits(differences, runs)
        losses.set_ylabel("loss of a step")
        differences.set_ylabel("absolute difference")
        differences.set_xlabel("step")
        if len(runs) <= 4:
            losses.legend(loc="upper left", bbox_to_anchor=(1, 1))


def _draw_limits(axes: Any, runs: "Mapping[str, StepLosses]") -> None:
    import numpy as np

    from scbch_jax.agreement.comparison import TOLERANCES

    largest = TOLERANCES["largest step"]
    for dtype, limit in ((np.float32, largest.limit), (np.float64, largest.double)):
        if any(run.recorded.dtype == dtype for run in runs.values()):
            axes.axhline(limit, color="0.4", lw=0.8, ls="--")
            axes.annotate(
                f"tolerance in {dtype.__name__}",
                (1, limit),
                xytext=(0, -3),
                textcoords="offset points",
                va="top",
                color="0.4",
            )
