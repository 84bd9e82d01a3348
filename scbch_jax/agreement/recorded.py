"""Files of recorded outputs, and how each is checked.

The keys of a file tell its kind.
"""

from collections import UserDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from scbch_jax.agreement import (
    cirh_outputs,
    cmmq_outputs,
    cpah_outputs,
    dgcpn_outputs,
    dhrl_outputs,
    djsrh_outputs,
    hamming_metrics,
    mian_outputs,
    nrch_outputs,
    rshnl_outputs,
    scbch_outputs,
    scbch_run,
    ucch_outputs,
)
from scbch_jax.agreement.comparison import Check, Comparison, Kind, StepLosses
from scbch_jax.errors import InputError, require

EXPECTED = "exp_"
"""Prefix of the keys that hold outputs; every other key is an input."""

KINDS = (
    scbch_outputs.LOSSES,
    scbch_outputs.CONFIDENCE,
    hamming_metrics.KIND,
    scbch_run.KIND,
    ucch_outputs.KIND,
    dgcpn_outputs.KIND,
    cirh_outputs.KIND,
    cmmq_outputs.KIND,
    dhrl_outputs.KIND,
    djsrh_outputs.KIND,
    nrch_outputs.KIND,
    rshnl_outputs.KIND,
    mian_outputs.KIND,
    cpah_outputs.KIND,
)


RUN = {"batch_order", "outer_epochs"}
"""Inputs of a run."""


class ReadArrays(UserDict[str, np.ndarray]):
    """Arrays by key, which remember the keys that were read; items() reads all."""

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        """No key has been read yet."""
        self.keys_read: set[str] = set()
        super().__init__(arrays)

    def __getitem__(self, key: str) -> np.ndarray:
        """The array of a key, which counts as read."""
        self.keys_read.add(key)
        return super().__getitem__(key)


class Checked(NamedTuple):
    """The comparisons of one file."""

    comparisons: list[Comparison]
    step_losses: StepLosses | None
    """Of a file with a training run."""


def check_file(path: Path, *, float64: bool = False) -> Checked:
    """Computes every output of a file with the package's own functions.

    Args:
        path: an `.npz` of recorded inputs and outputs.
        float64: computes in double precision, whatever the inputs were recorded in.

    Raises:
        InputError: if the file is unreadable, of no known kind, lacks inputs, or has
            an output that nothing here can be compared with.
    """
    arrays = _read(path)
    kind, outputs = _kind_of(path, arrays), _outputs_of(path, arrays)
    recorded = _precision(arrays, kind.needs)
    arrays = {k: _cast(k, a, recorded) for k, a in arrays.items()}
    # In a file of soft labels the codes are input of one output and output of another.
    arrays |= {EXPECTED + k: arrays[k] for k in kind.also_outputs if k in arrays}
    double = float64 or recorded == np.float64
    if double:
        arrays = {k: _widen(k, a) for k, a in arrays.items()}
    with jax.enable_x64(double), jax.default_matmul_precision("highest"):
        try:
            read = ReadArrays(arrays)
            found = list(_check_of(kind, arrays)(read))
        except (KeyError, IndexError) as error:
            raise InputError(
                f"file: got {path} without {error}, wanted all inputs of its outputs"
            ) from error
        except ValueError as error:
            raise InputError(
                f"file: got {path} ({error}), wanted numbers and shapes that fit"
            ) from error
    unread = ", ".join(sorted(outputs - read.keys_read))
    require(not unread, str(path), unread, "known outputs only")
    steps = [x for x in found if isinstance(x, StepLosses)]
    comparisons = [x for x in found if isinstance(x, Comparison)]
    return Checked(comparisons, steps[0] if steps else None)


def _check_of(kind: Kind, arrays: dict[str, np.ndarray]) -> Check:
    """What compares the outputs of a file: of a run, or of losses."""
    return kind.run if kind.run and RUN & arrays.keys() else kind.check


def _precision(arrays: dict[str, np.ndarray], needs: frozenset[str]) -> Any:
    """The dtype of the inputs; outputs are not more precise than that."""
    double = any(arrays[k].ndim > 1 and arrays[k].dtype == np.float64 for k in needs)
    return np.float64 if double else np.float32


def _cast(key: str, array: np.ndarray, precision: Any) -> np.ndarray:
    """Narrows outputs that Python widened when it recorded them.

    A float64 whose every value float32 can hold was computed in float32.
    """
    if array.dtype != np.float64 or not key.startswith(EXPECTED):
        return array
    narrow = array.astype(np.float32)
    return narrow if np.array_equal(narrow, array) else array.astype(precision)


def _widen(key: str, array: np.ndarray) -> np.ndarray:
    """Widens inputs to float64; outputs keep the precision they were recorded in."""
    narrow = array.dtype == np.float32 and not key.startswith(EXPECTED)
    return array.astype(np.float64) if narrow else array


def _read(path: Path) -> dict[str, np.ndarray]:
    require(path.is_file(), "file", path, "a file that exists")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
    except Exception as error:
        # NumPy and zipfile raise several kinds of errors for a damaged archive.
        raise InputError(
            f"file: got {path}, which cannot be read ({type(error).__name__}), "
            "wanted an .npz of recorded arrays"
        ) from error
    for name, array in arrays.items():
        plain = array.dtype.kind in "biuf"
        require(plain, f"{name} in {path}", array.dtype, "numbers")
    return arrays


def _outputs_of(path: Path, arrays: dict[str, np.ndarray]) -> set[str]:
    outputs = {k for k in arrays if k.startswith(EXPECTED)}
    require(bool(outputs), str(path), "no outputs", f"keys that start with {EXPECTED}")
    empty = ", ".join(sorted(k for k in outputs if not arrays[k].size))
    require(not empty, str(path), f"{empty} without a number", "outputs")
    return outputs


def _kind_of(path: Path, arrays: dict[str, np.ndarray]) -> Kind:
    """The kind whose inputs are all there; an error names the most similar one."""
    nearest = max(KINDS, key=lambda kind: len(kind.needs & arrays.keys()))
    for kind in KINDS:
        if arrays.keys() >= kind.needs:
            return kind
    missing = ", ".join(sorted(nearest.needs - arrays.keys()))
    wanted = ", ".join(sorted(nearest.needs))
    raise InputError(f"file: got {path} without {missing}, wanted inputs {wanted}")
