"""How the C library and Python keep memory that was freed."""

import contextlib
import ctypes
import gc

ARENA_MAX, MMAP_THRESHOLD = -8, -3
"""`M_ARENA_MAX` and `M_MMAP_THRESHOLD` of glibc's malloc.h."""

LARGE = 1 << 20
"""Bytes from which an array is mapped by itself."""

NEW_OBJECTS = 50_000
"""New objects after which Python looks for garbage; its default is 700 or 2,000."""


def collect_seldom() -> None:
    """Makes Python look less often for objects that only refer to each other.

    Imports and traces of programs make hundreds of thousands of objects that stay, and
    by default every few hundred of them start a search, which took a twelfth of the
    time of a short command. Other objects are freed with their last reference.
    """
    gc.set_threshold(NEW_OBJECTS)


def return_freed() -> None:
    """Frees what nothing refers to, and returns it to the system if glibc is used.

    Python looks through objects made lately only: through all of them, hundreds of
    thousands of which are modules and traces, it takes a quarter of a second.
    """
    gc.collect(1)
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_little() -> None:
    """Makes little freed memory stay in the process, where glibc is used.

    All threads allocate from one arena from now on: by default they have arenas of
    their own, eight a core at most, and what one of them has freed is of no use to the
    others. Arrays of `LARGE` bytes are returned as soon as they are freed: by default
    glibc raises the size from which that is so, up to 32 MB.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(ARENA_MAX, 1)
        library.mallopt(MMAP_THRESHOLD, LARGE)
