"""`scbch report`: runs and sweeps to one page with tables and figures."""

import dataclasses
from pathlib import Path

from scbch_jax import datasets, report
from scbch_jax.cli import console
from scbch_jax.cli.options.code_commands import Report
from scbch_jax.config import experiment_file
from scbch_jax.errors import require
from scbch_jax.report import Run
from scbch_jax.types import DisplayData


def main(options: Report) -> None:
    """Reads, writes, and says where the page is."""
    there = not options.root or Path(options.root).is_dir()
    require(there, "root", options.root, "a folder that exists")

    def looks_of(run: Run) -> DisplayData | None:
        source = experiment_file.restore(run.options).data
        moved = dataclasses.replace(source, root=options.root or source.root)
        return datasets.display_data_of(moved)

    runs = report.read_runs(options.source)
    page = report.write(runs, options.out, details=options.details, looks_of=looks_of)
    console.say(str(page))
