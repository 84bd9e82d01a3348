"""Commands in processes of their own, which do not import everything again.

Each is a fork of one process that has imported what a training run uses and has started
no JAX backend. It does what an interpreter of its own would do, without the seconds of
processor time that these imports take. Where the imports or the end of an interpreter
are what is tested, use `command_line.scbch`.
"""

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    ["scipy.linalg", "tyro", "scbch_jax.cli.train", "scbch_jax.runs"]
)

STREAMS = {"out": 1, "err": 2}


class Command:
    """A running command, with the methods of `subprocess.Popen` that tests need."""

    def __init__(self, *words, folder=ROOT, **environment):
        """Starts `scbch WORDS` in a folder, with some other environment variables."""
        self._streams = tempfile.TemporaryDirectory()
        start = (list(map(str, words)), folder, environment, self._streams.name)
        self._process = FORKS.Process(target=_run, args=start)
        self._process.start()
        self.pid = self._process.pid

    @property
    def returncode(self):
        """As of a process: below 0 the signal that ended it; None while it runs."""
        return self._process.exitcode

    def poll(self):
        """The exit code, or None while it runs."""
        return self.returncode

    def send_signal(self, number):
        """Sends a signal."""
        os.kill(self.pid, number)

    def communicate(self):
        """What it said on both streams, when it has ended."""
        self._process.join()
        with self._streams as folder:
            return tuple((Path(folder) / name).read_text() for name in STREAMS)


def _run(words, folder, environment, streams):
    import jax

    from scbch_jax.cli import program

    os.environ.update(environment)
    for name in environment:
        if name.startswith("JAX_"):  # JAX has read it already.
            jax.config.update(name.lower(), environment[name])
    os.chdir(folder)
    for name, number in STREAMS.items():
        file = os.open(os.path.join(streams, name), os.O_WRONLY | os.O_CREAT)
        os.dup2(file, number)
    sys.exit(program.main(words))
