"""`scbch report`: runs and sweeps to one page with tables and figures."""

import dataclasses

from scbch_jax import config, data, report
from scbch_jax.commands import show
from scbch_jax.looks import Looks
from scbch_jax.report import Run
from scbch_jax.settings.commands import Report


def main(options: Report) -> None:
    """Reads, writes, and says where the page is."""

    def looks_of(run: Run) -> Looks | None:
        source = config.restore(run.options).data
        moved = dataclasses.replace(source, root=options.root or source.root)
        return data.looks_of(moved)

    runs = report.read_runs(options.source)
    page = report.write(runs, options.out, details=options.details, looks_of=looks_of)
    show.say(str(page))
