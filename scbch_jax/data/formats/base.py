"""What the readers of all file formats share: how an array in a file is described."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.errors import InputError, first_line


class ArrayInfo(NamedTuple):
    """An array in a file, not read yet."""

    path: Path
    key: str
    """Its name in the file, `group/array` where nested; of .npy files, which have no
    names, the file's own."""
    shape: tuple[int, ...]
    kind: str
    """Name of the dtype, or a word for what is not an array of numbers."""
    open: Callable[[], Any]
    """Returns something with shape and dtype that is sliced by rows."""

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def numeric(self) -> bool:
        """Whether it holds real numbers or booleans."""
        return self.kind.startswith(("float", "int", "uint", "bool"))

    def read(self) -> np.ndarray:
        """The whole array."""
        array = self.open()
        return np.asarray(array[:] if self.shape else array[()])


def read_at_once(
    path: Path,
    key: str,
    shape: Sequence[int],
    kind: str,
    read: Callable[[], np.ndarray],
) -> ArrayInfo:
    """An array that its format can only read as a whole: read once, and kept."""

    def open_() -> np.ndarray:
        with one_line_errors(path):
            return read()

    return ArrayInfo(path, key, tuple(shape), kind, functools.cache(open_))


def dtype_name(dtype: np.dtype) -> str:
    """The name of a dtype; byte order makes no difference for numbers."""
    return dtype.name if dtype.kind in "fiub" else str(dtype)


@contextlib.contextmanager
def one_line_errors(path: Path, field: str = "file") -> Iterator[None]:
    """Turns the many errors that readers raise for a damaged file into one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = first_line(error)
        raise InputError(
            f"{field}: got {path}, which cannot be read ({reason}), "
            f"wanted a complete {path.suffix} file"
        ) from error
