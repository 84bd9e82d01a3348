import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, threading
from scbch_jax import allocation

libc = ctypes.CDLL(None)
libc.open_memstream.restype = ctypes.c_void_p


def arenas():
    text, size = ctypes.c_char_p(), ctypes.c_size_t()
    file = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
    libc.malloc_info(0, file)
    libc.fclose(file)
    return text.value.count(b"<heap nr")


if {shared}:
    allocation.share_arena()
barrier = threading.Barrier(5)
threads = [threading.Thread(target=barrier.wait) for _ in range(4)]
for thread in threads:
    thread.start()
print(arenas())
barrier.wait()
"""


def test_threads_share_an_arena():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("arenas are those of glibc")
    counts = [
        int(
            subprocess.run(
                [sys.executable, "-c", PROGRAM.format(shared=shared)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for shared in (False, True)
    ]
    assert counts[0] > counts[1] == 1
