"""`scbch report`: runs and sweeps to one page with tables and figures."""

import dataclasses
from pathlib import Path

from scbch_jax import config, data, report
from scbch_jax.checks import require
from scbch_jax.commands import show
from scbch_jax.looks import Looks
from scbch_jax.report import Run
from scbch_jax.settings.code_commands import Report


def main(options: Report) -> None:
    """Reads, writes, and says where the page is."""
    there = not options.root or Path(options.root).is_dir()
    require(there, "root", options.root, "a folder that exists")

    def looks_of(run: Run) -> Looks | None:
        source = config.restore(run.options).data
        moved = dataclasses.replace(source, root=options.root or source.root)
        return data.looks_of(moved)

    runs = report.read_runs(options.source)
    page = report.write(runs, options.out, details=options.details, looks_of=looks_of)
    show.say(str(page))
