"""Runs a clone of a method's repository: records its outputs, or trains it.

    python -m scbch_jax.originals METHOD CLONE SEED FOLDER [TASK]

Without TASK: draws inputs from the seed, and writes inputs and outputs as
`FOLDER/METHOD-*.npz`. With TASK, an npz file of rows and options: trains on its rows,
and writes the codes of its queries and of its database as `FOLDER/codes.npz`.

Imports the clone's modules. Needs PyTorch and NumPy, and nothing else of this package.
"""

import contextlib
import importlib
import io
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.originals import common, placeholders

ENCODED = 512
"""Rows of which the trained networks compute codes at once."""


def main(method: str, clone: Path, seed: int, folder: Path, *task: Path) -> None:
    """Records, or trains if a task is given."""
    recorder = importlib.import_module(f"scbch_jax.originals.{method}")
    out, tasks = folder.absolute(), [path.absolute() for path in task]
    with ready(clone, seed) as torch:
        if tasks:
            train(torch, recorder.train, tasks[0], seed, out / "codes.npz")
        else:
            record(torch, method, recorder.RECORDS, seed, out)


@contextlib.contextmanager
def ready(clone: Path, seed: int) -> Iterator[Any]:
    """PyTorch, where a clone's modules can be imported and its output is not shown."""
    # What looks for pandas among the modules takes it for the real one.
    absent = placeholders.OPTIONAL - {"pandas"} | {"sympy"}
    sys.meta_path.append(placeholders.Finder(absent))
    torch = importlib.import_module("torch")
    sys.path.insert(0, str(clone.absolute()))
    sys.argv = ["recorded"]
    warnings.simplefilter("ignore")
    common.stay_on_the_cpu(torch)
    common.draw_from(torch, seed)
    with inside_a_scratch_folder(), contextlib.redirect_stdout(io.StringIO()):
        yield torch


def record(torch: Any, method: str, records: Any, seed: int, folder: Path) -> None:
    """Writes a file for each record of the method."""
    rng = np.random.default_rng(seed)
    for kind, recorded in records.items():
        arrays = {k: np.asarray(a) for k, a in recorded(torch, rng).items()}
        np.savez_compressed(folder / f"{method}-{kind}.npz", **arrays)  # type: ignore[arg-type]


def train(torch: Any, trained: Any, path: Path, seed: int, out: Path) -> None:
    """Trains the clone on a task, and writes codes as -1 and 1, int8."""
    with np.load(path) as file:
        arrays = dict(file)
    options = json.loads(str(arrays.pop("options")))
    rows = {k: torch.tensor(a).float() for k, a in arrays.items()}
    names = ("image", "text", "labels")
    given = {k: rows.pop(k) for k in names}
    image, text = trained(torch, common.Task(**given, options=options, seed=seed))
    signs = {}
    for name, features in rows.items():
        coder = image if name.endswith("image") else text
        parts = range(0, len(features), ENCODED)
        with torch.no_grad():
            codes = [coder(features[i : i + ENCODED]).numpy() for i in parts]
        signs[name] = np.where(np.concatenate(codes) > 0, 1, -1).astype(np.int8)
    np.savez_compressed(out, **signs)  # type: ignore[arg-type]


@contextlib.contextmanager
def inside_a_scratch_folder() -> Iterator[None]:
    """The clones write folders of their own where they run."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        try:
            yield
        finally:
            os.chdir(before)


if __name__ == "__main__":
    _, method, clone, seed, *paths = sys.argv
    main(method, Path(clone), int(seed), *map(Path, paths))
