"""`scbch bench`: commands that measure speed, and the checks they share."""

from pathlib import Path

from scbch_jax import extras
from scbch_jax.io import require_writable


def require_targets(json: Path | None, figure: Path | None) -> None:
    """Checks the output files before anything is timed.

    Raises:
        InputError: if a file cannot be written, or matplotlib is missing for a figure.
    """
    if json:
        require_writable("json", json)
    if figure:
        require_writable("figure", figure, ".png", ".svg")
        extras.require_packages("bench --figure", "matplotlib")
