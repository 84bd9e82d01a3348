"""Checks at the door: messages that name the field, what came and what was wanted."""

from typing import Any


class InputError(ValueError):
    """Something a person gave cannot be used; the message is one line for them."""


class Interrupted(BaseException):
    """A run was asked to end, and has saved where it was; the message says where.

    As with KeyboardInterrupt, what catches failures is not to catch this.
    """


def require(ok: bool, field: str, came: object, wanted: str) -> None:
    """Raises `InputError` unless `ok`.

    Args:
        ok: whether the input can be used.
        field: the option, file or array that is meant.
        came: what was given.
        wanted: what would have been accepted, in words.
    """
    if not ok:
        raise InputError(f"{field}: got {came}, wanted {wanted}")


def check_rank(rank: int, **arrays: Any) -> None:
    """Raises `ValueError` for an array that has not `rank` axes."""
    for name, array in arrays.items():
        if array.ndim != rank:
            raise ValueError(
                f"{name}: got shape {tuple(array.shape)}, wanted {rank} axes"
            )


def check_same_shape(**arrays: Any) -> None:
    """Raises `ValueError` unless all arrays have the shape of the first."""
    (first, wanted), *others = ((name, a.shape) for name, a in arrays.items())
    for name, shape in others:
        if shape != wanted:
            raise ValueError(
                f"{name}: got shape {tuple(shape)}, wanted {tuple(wanted)} as {first}"
            )


def check_same_rows(**arrays: Any) -> None:
    """Raises `ValueError` unless all arrays have as many rows as the first."""
    (first, wanted), *others = ((name, len(a)) for name, a in arrays.items())
    for name, rows in others:
        if rows != wanted:
            raise ValueError(f"{name}: got {rows} rows, wanted {wanted} as {first}")


def check_square(**matrices: Any) -> None:
    """Raises `ValueError` unless all matrices are square and of one size."""
    check_rank(2, **matrices)
    check_same_shape(**matrices)
    for name, matrix in matrices.items():
        if matrix.shape[0] != matrix.shape[1]:
            raise ValueError(
                f"{name}: got shape {tuple(matrix.shape)}, wanted a square matrix"
            )
