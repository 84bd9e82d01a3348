"""Errors of input: each names the field, what was given and what is accepted."""

from typing import Any


class InputError(ValueError):
    """Input that cannot be used; the message is one line for the user."""


class Interrupted(BaseException):
    """A run was stopped by a signal, with its state saved; the message says where.

    It is not an Exception, like KeyboardInterrupt, so that code that handles failures
    does not catch it.
    """


def require(ok: bool, field: str, got: object, wanted: str) -> None:
    """Raises `InputError` unless `ok`.

    Args:
        ok: whether the input can be used.
        field: the option, file or array.
        got: what was given.
        wanted: what is accepted, in words.
    """
    if not ok:
        raise InputError(f"{field}: got {got}, wanted {wanted}")


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none."""
    return (str(error) or type(error).__name__).splitlines()[0]


def check_rank(rank: int, **arrays: Any) -> None:
    """Raises `ValueError` unless every array has `rank` axes."""
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
