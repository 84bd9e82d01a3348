"""Cases that fail for a known reason: not run, and printed as skips."""

KNOWN: dict[str, str] = {}
"""The reason by the label of a case."""
