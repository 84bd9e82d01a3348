"""A process that runs commands of scbch in forks of itself, and can kill them.

To import JAX and all that the commands use takes seconds; a fork of a process that has
imported them takes milliseconds, and a fork that crashes, hangs or is killed disturbs
no other. No JAX backend is started before a fork: its threads would be lost.

Each line of standard input asks for one run, as a JSON object; each line of standard
output answers. `running.py` is the other side.
"""

import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import threading
import time
import tomllib
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGE = "scbch_jax"

HEAVY = (
    *("array_record.python.array_record_module", "gensim.models", "h5py"),
    *("matplotlib.pyplot", "optax", "orbax.checkpoint", "PIL.Image"),
    *("safetensors.numpy", "scipy.io", "tensorflow_datasets", "tensorboardX"),
    *("torch", "transformers", "transformers.models.clip.modeling_clip"),
    *("transformers.models.clip.image_processing_pil_clip", "tokenizers"),
)
"""What commands import when they run; those not installed are passed over."""

WRITES = {
    *("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink"),
    "os.truncate",
}
"""Audit events that change the file system, beside opening a file to write."""

WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

MEMORY = 16 * 2**30
"""Address space of a run: who asks for more is to say so, not to fill the machine."""

FILE_SIZE = 2 * 2**30
"""Largest file of a run, for the same reason."""

IDLE = 4
"""A run hangs after its limit in processor seconds, or after so many times as long."""


def main() -> None:
    """Answers requests until standard input ends."""
    # The commands get other files as their standard streams.
    asked, answers = os.fdopen(os.dup(0), "r"), os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _import_all()
    for line in asked:
        request = json.loads(line)
        started = time.monotonic()
        pid = os.fork()
        if not pid:
            _end(_run(request))
        answers.write(json.dumps(_wait(pid, request, started)) + "\n")
        answers.flush()


def _import_all() -> None:
    package = importlib.import_module(PACKAGE)
    names = [m.name for m in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
    for name in (*HEAVY, *names):
        # What cannot be imported is found when a command needs it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _wait(pid: int, request: dict, started: float) -> dict:
    """Waits for a run to end, or ends it."""
    after, hung = request.get("after"), False
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        passed = time.monotonic() - started
        if done:
            code = os.waitstatus_to_exitcode(status)
            return {"code": code, "seconds": passed, "hung": hung}
        if after is not None and passed > after:
            os.kill(pid, request["signal"])
            after = None
        limit = request["seconds"]
        if passed > IDLE * limit or (passed > limit / 2 and _worked(pid) > limit):
            hung = True
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)


def _worked(pid: int) -> float:
    """Processor seconds of a process, or 0 where the system does not say."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _end(code: int) -> None:
    """Ends a fork as an interpreter ends, without the second of freeing all modules."""
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
    finally:
        os._exit(code)


def _run(request: dict) -> int:
    """The exit code of the program."""
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    _redirect(Path(request["log"]))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
    watch_writes(Path(request["log"]) / "events", request)
    try:
        return _program()(request["argv"])
    except SystemExit as stop:
        if isinstance(stop.code, int | None):
            return stop.code or 0
        print(stop.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1


def _program() -> Callable[[list[str]], int]:
    """The function behind `scbch`, wherever the package has it."""
    about = tomllib.loads((ROOT / "pyproject.toml").read_text())
    module, name = about["project"]["scripts"]["scbch"].split(":")
    return getattr(importlib.import_module(module), name)


def _redirect(log: Path) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(log / "out", flags), 1)
    os.dup2(os.open(log / "err", flags), 2)


def watch_writes(log: Path, request: dict) -> None:
    """Notes every change below the working folder; at the n-th, sends a signal.

    The signal comes before the change is made, so the state on disk is that after the
    change before it. What native code writes (Orbax, HDF5) is not seen.
    """
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    started, folder = time.monotonic(), os.getcwd()
    count = 0

    def hook(event: str, args: tuple) -> None:
        nonlocal count
        writes = event in WRITES or (
            event == "open" and isinstance(args[2], int) and args[2] & WRITE_FLAGS
        )
        if not writes or not _is_below(args[0], folder):
            return
        count += 1
        note = f"{time.monotonic() - started:.4f} {event} {args[0]}\n"
        os.write(file, note.encode(errors="backslashreplace"))
        if count == request.get("event"):
            os.kill(os.getpid(), request["signal"])

    sys.addaudithook(hook)


def _is_below(path: object, folder: str) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    return os.path.join(folder, os.fsdecode(path)).startswith(folder + os.sep)


if __name__ == "__main__":
    main()
