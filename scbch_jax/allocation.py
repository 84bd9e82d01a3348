"""How the C library keeps memory that was freed."""

import contextlib
import ctypes

ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def return_freed() -> None:
    """Returns freed memory to the system, where glibc is used."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def share_arena() -> None:
    """Makes all threads allocate from one arena from now on, where glibc is used.

    By default threads have arenas of their own, eight a core at most, and what one of
    them has freed is of no use to the others.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 1)
