"""The npz files that commands write, whole or not at all."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from scbch_jax.errors import require


def require_target(field: str, path: Path) -> None:
    """Raises `InputError` unless an npz file can be written there."""
    require(path.suffix == ".npz", field, path, "a file ending in .npz")
    place = path.absolute()
    fits = place.parent.is_dir() and not place.is_dir()
    require(fits, field, path, "a file in a folder that exists")


def write(path: Path, **arrays: np.ndarray) -> None:
    """Writes arrays by name."""
    partial = path.with_suffix(".tmp.npz")
    np.savez(partial, **arrays)  # type: ignore[arg-type] -- arrays, no options
    os.replace(partial, path)


def pairs(words: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a dict."""
    return dict(word.split("=", 1) for word in words)
