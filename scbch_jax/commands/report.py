"""`scbch report`: runs and sweeps to one page with tables and figures."""

from scbch_jax import report
from scbch_jax.commands import show
from scbch_jax.settings.commands import Report


def main(options: Report) -> None:
    """Reads, writes, and says where the page is."""
    runs = report.read_runs(options.source)
    page = report.write(runs, options.out, details=options.details)
    show.say(str(page))
