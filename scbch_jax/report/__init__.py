"""From result lines to tables; imports no JAX."""

from scbch_jax.report.records import append, read, truncate
from scbch_jax.report.tables import as_markdown, percent

__all__ = ["append", "as_markdown", "percent", "read", "truncate"]
