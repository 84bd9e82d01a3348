"""`scbch crosscheck --runs`: an original and this package, trained on the same data."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scbch_jax.cli import console
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.errors import require
from scbch_jax.io import Record, require_writable
from scbch_jax.originals import clones

if TYPE_CHECKING:
    from scbch_jax.agreement.distribution import Difference
    from scbch_jax.cli.crosscheck import Crosscheck

OPTIONS = ("seeds", "out", "hidden", "bits", "epochs", "data", "noise")
"""Options of --runs only."""

COLUMNS = ["MAP", "original", "this package", "difference", "95 % interval", "p"]


def main(options: "Crosscheck", clone: Path) -> int:
    """Trains both programs and prints the comparison; 0 only if they agree."""
    from scbch_jax.agreement import both_programs

    require(not options.float64, "float64", "on", "off with --runs")
    require(options.seed == (0,), "seed", options.seed, "none with --runs, but --seeds")
    require(not options.official, "official", options.official, "none with --runs")
    require(not options.files, "files", "files with --runs", "none")
    require(not options.json, "json", options.json, "none with --runs, but --out")
    require(not options.figure, "figure", options.figure, "none with --runs")
    require_writable("out", options.out)
    shared = both_programs.prepare(clone, experiment_of(options))
    lines = both_programs.train_all(shared, options.seeds, options.out, _log)
    found = both_programs.compare(lines)
    console.output(_table(found))
    verdict, margin = found["average"].verdict, both_programs.MARGIN
    runs = f"{options.seeds} runs of each on {shared.loaded.title}"
    console.output(f"{_WORDS[verdict].format(margin)}, by the average of {runs}")
    return 0 if verdict == "agree" else 1


_WORDS = {
    "agree": "the programs agree to within {} points",
    "differ": "the programs differ, maybe by more than {} points",
    "undecided": "undecided whether the programs agree to within {} points",
}


def experiment_of(options: "Crosscheck") -> Experiment:
    """The method's config for MIRFlickr, but for what the command line says.

    Where this package does not do by default what the released code does, both programs
    do as the released code.
    """
    method = options.method
    given: Record = {**clones.TRAINED.get(method, {})}
    given |= {"options.hidden": options.hidden, "training.epochs": options.epochs}
    known = experiment_file.flatten(experiment_file.load(f"{method}_mirflickr"))
    if "hparams.noise_rate" in known:
        given["hparams.noise_rate"] = options.noise.rate
    experiment = experiment_file.restore({**known, **given})
    told = {"data": options.data, "noise": options.noise, "bits": options.bits}
    return replace(experiment, **told)


def _log(line: Record) -> None:
    console.log(f"{line['program']}, seed {line['seed']}: {100 * line['average']:.2f}")


def _table(found: "dict[str, Difference]") -> str:
    from scbch_jax.report import as_markdown

    rows = [
        [
            measure.upper() if measure != "average" else measure,
            f"{x.original:.2f}",
            f"{x.package:.2f}",
            f"{x.difference:+.2f}",
            f"{x.low:+.2f} to {x.high:+.2f}",
            f"{x.p_value:.4f}",
        ]
        for measure, x in found.items()
    ]
    return as_markdown(COLUMNS, rows)
