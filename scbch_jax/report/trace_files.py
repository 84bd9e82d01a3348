"""Files of a run that figures are drawn from."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scbch_jax.errors import InputError
from scbch_jax.report.runs import Run

Arrays = Mapping[str, np.ndarray]


def read_traces(run: Run) -> dict[int, Arrays]:
    """The traces of a run by epoch; none for runs of a time before there were any.

    Raises:
        InputError: for a file that cannot be read.
    """
    paths = sorted((run.part / "traces").glob("epoch-*.npz"))
    return {int(path.stem.split("-")[1]): read_arrays(path) for path in paths}


def read_arrays(path: Path) -> Arrays:
    """The arrays of an npz file.

    Raises:
        InputError: if it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except Exception as error:
        raise InputError(f"traces: got {path} ({error}), wanted an npz file") from error
