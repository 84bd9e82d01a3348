import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, re, threading
from scbch_jax import allocation

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.open_memstream.restype = ctypes.c_void_p
libc.free.argtypes = [ctypes.c_void_p]


def info():
    text, size = ctypes.c_char_p(), ctypes.c_size_t()
    file = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
    libc.malloc_info(0, file)
    libc.fclose(file)
    return text.value.decode()


def mapped():
    return int(re.search('type="mmap" count="(.*?)"', info())[1])


if {little}:
    allocation.keep_little()
# By default, freeing what was mapped raises the size from which that is done.
libc.free(libc.malloc(8 << 20))
before = mapped()
libc.malloc(4 << 20)
barrier = threading.Barrier(5)
threads = [threading.Thread(target=barrier.wait) for _ in range(4)]
for thread in threads:
    thread.start()
print(mapped() - before, info().count("<heap nr"))
barrier.wait()
"""


@pytest.mark.parametrize("little", [False, True])
def test_threads_share_an_arena_and_large_arrays_are_returned(little):
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("arenas are those of glibc")
    program = PROGRAM.format(little=little)
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    mapped, arenas = map(int, done.stdout.split())
    assert (mapped, arenas > 1) == ((1, False) if little else (0, True))
