"""A file of recorded answers: what it holds is told by its keys, and checked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from scbch_jax.agreement import loss_file, metrics_file, neighbors_file, trajectory_file
from scbch_jax.agreement.compare import Comparison
from scbch_jax.checks import InputError, require

EXPECTED = "exp_"
"""Start of the keys that hold answers; every other key is an input."""

KINDS = (loss_file, neighbors_file, metrics_file, trajectory_file)
"""Modules with NEEDS (keys that tell a file of the kind), ANSWERS (starts of its
answers), ALSO_ANSWERS (inputs that are answers too), and check(arrays)."""


class Checked(NamedTuple):
    """What a file's answers came to."""

    comparisons: list[Comparison]
    step_losses: tuple[Any, Any] | None
    """Ours and the recorded ones, of a file with a training run."""


def check_file(path: Path, *, float64: bool = False) -> Checked:
    """Computes every answer of a file with the package's own functions.

    Args:
        path: an `.npz` of recorded inputs and answers.
        float64: computes in double precision, whatever the inputs were recorded in.

    Raises:
        InputError: if the file is unreadable, of no known kind, or lacks inputs.
    """
    arrays = _read(path)
    kind = _kind_of(path, arrays)
    recorded = _precision(arrays, kind.NEEDS)
    arrays = {k: _cast(k, a, recorded) for k, a in arrays.items()}
    # Codes are inputs of one answer and answers of another, in a file of neighbors.
    arrays |= {EXPECTED + k: arrays[k] for k in kind.ALSO_ANSWERS if k in arrays}
    double = float64 or recorded == np.float64
    if double:
        arrays = {k: _widen(k, a) for k, a in arrays.items()}
    with jax.enable_x64(double), jax.default_matmul_precision("highest"):
        try:
            steps: dict[str, Any] = {}
            comparisons = list(kind.check(arrays, steps))
            return Checked(comparisons, steps.get("losses"))
        except (KeyError, IndexError) as error:
            raise InputError(
                f"file: got {path} without {error}, wanted all inputs of its answers"
            ) from error
        except ValueError as error:
            raise InputError(
                f"file: got {path} ({error}), wanted shapes that fit"
            ) from (error)


def _precision(arrays: dict[str, np.ndarray], needs: frozenset[str]) -> Any:
    """What the inputs were recorded in; answers are not more precise than that."""
    double = any(arrays[k].ndim > 1 and arrays[k].dtype == np.float64 for k in needs)
    return np.float64 if double else np.float32


def _cast(key: str, array: np.ndarray, precision: Any) -> np.ndarray:
    """Answers that Python widened when it recorded them, back in their precision.

    A float64 whose every value float32 can hold was computed in float32.
    """
    if array.dtype != np.float64 or not key.startswith(EXPECTED):
        return array
    narrow = array.astype(np.float32)
    return narrow if np.array_equal(narrow, array) else array.astype(precision)


def _widen(key: str, array: np.ndarray) -> np.ndarray:
    """Inputs in double precision; answers keep the precision they were recorded in."""
    narrow = array.dtype == np.float32 and not key.startswith(EXPECTED)
    return array.astype(np.float64) if narrow else array


def _read(path: Path) -> dict[str, np.ndarray]:
    require(path.is_file(), "file", path, "a file that exists")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return dict(archive)
    except Exception as error:
        # NumPy and zipfile raise several kinds for what is no whole archive of arrays.
        raise InputError(
            f"file: got {path}, which cannot be read ({type(error).__name__}), "
            "wanted an .npz of recorded arrays"
        ) from error


def _kind_of(path: Path, arrays: dict[str, np.ndarray]) -> Any:
    for kind in KINDS:
        if arrays.keys() >= kind.NEEDS:
            unknown = sorted(_unknown(arrays, kind.ANSWERS))
            require(not unknown, str(path), ", ".join(unknown), "known answers only")
            return kind
    wanted = "; or ".join(", ".join(sorted(kind.NEEDS)) for kind in KINDS)
    raise InputError(
        f"file: got {path} with {', '.join(sorted(arrays)[:8])}, wanted inputs {wanted}"
    )


def _unknown(arrays: dict[str, np.ndarray], answers: tuple[str, ...]) -> Iterator[str]:
    for key in arrays:
        if key.startswith(EXPECTED) and not key.startswith(answers):
            yield key
