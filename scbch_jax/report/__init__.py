"""From result lines to tables, figures and a page; imports no JAX."""

from scbch_jax.report.records import append, read, truncate
from scbch_jax.report.runs import Run, read_runs
from scbch_jax.report.tables import as_markdown, percent
from scbch_jax.report.writing import write

__all__ = [
    "Run",
    "append",
    "as_markdown",
    "percent",
    "read",
    "read_runs",
    "truncate",
    "write",
]
