"""SIGTERM, which cluster managers send some time before they kill a process."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def stop_requested() -> Iterator[Callable[[], bool]]:
    """Notes SIGTERM instead of ending the process, so that work can be saved first.

    Yields:
        A function that returns whether the signal was received.
    """
    received = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield received.is_set  # Python handles signals in the main thread only.
        return

    def handle(*_: object) -> None:
        received.set()
        # Written past Python's buffers, which the signal may have interrupted.
        with contextlib.suppress(OSError):
            os.write(2, b"scbch: received SIGTERM; saving, then stopping\n")

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield received.is_set
    finally:
        signal.signal(signal.SIGTERM, before)
