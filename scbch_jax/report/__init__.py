"""From results of runs to tables, figures and a page; imports no JAX."""

from scbch_jax.report.runs import Run, read_runs
from scbch_jax.report.tables import as_markdown, percent

__all__ = [
    "Run",
    "as_markdown",
    "percent",
    "read_runs",
]
