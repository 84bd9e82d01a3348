"""SIGTERM, as cluster managers send it before they kill."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def asked_to_end() -> Iterator[Callable[[], bool]]:
    """Notes SIGTERM, and says so, instead of dying of it.

    Yields:
        A function that says whether it came.
    """
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set  # Python gives signals to the main thread alone.
        return

    def note(*_: object) -> None:
        came.set()
        # Written past Python's buffers, which the signal may have interrupted.
        with contextlib.suppress(OSError):
            os.write(2, b"scbch: asked to end; saves first, where the work allows it\n")

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield came.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
