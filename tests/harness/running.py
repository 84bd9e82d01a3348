"""Commands of scbch run by the server, and what they ended with."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from conftest import ROOT

SERVER = Path(__file__).with_name("server.py")

LIMIT = 60.0
"""Processor seconds after which a run of valid input is taken for one that hangs."""


class Ran(NamedTuple):
    """How a run ended."""

    code: int
    """The exit code; below 0 the number of the signal that ended it."""
    out: str
    err: str
    seconds: float
    hung: bool
    """Whether it was still running at the limit."""
    events: list[str]
    """Changes below the working folder, as `SECONDS EVENT PATH`."""


class Kill(NamedTuple):
    """When to send a signal: before the n-th change on disk, or after some seconds."""

    event: int | None = None
    after: float | None = None
    number: int = signal.SIGKILL

    def __str__(self) -> str:
        """The kill in words."""
        when = f"change {self.event}" if self.event else f"{self.after:.3f} s"
        return f"{signal.Signals(self.number).name} at {when}"


class Server:
    """The process that runs commands."""

    def __init__(self, log: Path) -> None:
        """Starts it; what runs say is kept in the folder `log` while they run."""
        self._log = log
        surroundings = {k: v for k, v in os.environ.items() if k != "SCBCH_DATA"}
        paths = os.pathsep.join([str(ROOT), *sys.path])
        surroundings |= {"PYTHONPATH": paths, "COLUMNS": "100"}
        # Compiled programs are shared by all runs, as bin/scbch does.
        surroundings.setdefault("JAX_COMPILATION_CACHE_DIR", str(log / "compiled"))
        surroundings["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(SERVER)],
            env=surroundings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        argv: list[str],
        folder: Path,
        *,
        kill: Kill | None = None,
        seconds: float = LIMIT,
        environment: dict[str, str] | None = None,
    ) -> Ran:
        """Runs `scbch ARGV` in a folder."""
        request = {
            "argv": [str(word) for word in argv],
            "folder": str(folder),
            "log": str(self._log),
            "seconds": seconds,
            "environment": environment or {},
        }
        if kill:
            request |= {"event": kill.event, "after": kill.after}
            request |= {"signal": int(kill.number)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        out, err, events = (self._said(name) for name in ("out", "err", "events"))
        return Ran(**answer, out=out, err=err, events=events.splitlines())

    def _said(self, name: str) -> str:
        path = self._log / name
        return path.read_text(errors="backslashreplace") if path.is_file() else ""

    def close(self) -> None:
        """Ends the process."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(timeout=10)
