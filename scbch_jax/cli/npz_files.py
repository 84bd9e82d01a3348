"""Outputs of the feature commands; to be replaced by `scbch_jax.io`."""

from collections.abc import Sequence
from pathlib import Path

from scbch_jax.io import require_writable
from scbch_jax.io import write_npz as write

__all__ = ["pairs", "require_target", "write"]


def require_target(field: str, path: Path) -> None:
    """Raises `InputError` unless an npz file can be written there."""
    require_writable(field, path, ".npz")


def pairs(words: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a dict."""
    return dict(word.split("=", 1) for word in words)
