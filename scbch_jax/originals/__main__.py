"""Records outputs of a clone of a method's repository.

    python -m scbch_jax.originals METHOD CLONE SEED FOLDER

Imports the clone's modules, draws inputs from the seed, and writes inputs and outputs
as `FOLDER/METHOD-*.npz`. Needs PyTorch and NumPy, and nothing else of this package.
"""

import contextlib
import importlib
import io
import os
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

from scbch_jax.originals import common, placeholders


def main(method: str, clone: Path, seed: int, folder: Path) -> None:
    """Writes a file for each record of the method."""
    records = importlib.import_module(f"scbch_jax.originals.{method}").RECORDS
    # What looks for pandas among the modules takes it for the real one.
    absent = placeholders.OPTIONAL - {"pandas"} | {"sympy"}
    sys.meta_path.append(placeholders.Finder(absent))
    torch = importlib.import_module("torch")
    sys.path.insert(0, str(clone.absolute()))
    sys.argv = ["recorded"]
    warnings.simplefilter("ignore")
    common.stay_on_the_cpu(torch)
    torch.manual_seed(seed)
    # A clone's mixture draws from this one.
    np.random.seed(seed)  # noqa: NPY002
    rng, out = np.random.default_rng(seed), folder.absolute()
    with inside_a_scratch_folder(), contextlib.redirect_stdout(io.StringIO()):
        for kind, record in records.items():
            arrays = {k: np.asarray(a) for k, a in record(torch, rng).items()}
            np.savez_compressed(out / f"{method}-{kind}.npz", **arrays)  # type: ignore[arg-type]


@contextlib.contextmanager
def inside_a_scratch_folder():
    """The clones write folders of their own where they run."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        try:
            yield
        finally:
            os.chdir(before)


if __name__ == "__main__":
    _, method, clone, seed, folder = sys.argv
    main(method, Path(clone), int(seed), Path(folder))
