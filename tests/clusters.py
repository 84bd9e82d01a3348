"""A Dask scheduler and its workers in processes of their own, and work for them.

Workers import this module: functions that are sent to them stand here.
"""

import contextlib
import functools
import json
import os
import subprocess
import sys
import time

import numpy as np
from conftest import ROOT
from indexes import CLASSES, drawn

from scbch_jax.errors import InputError
from scbch_jax.index import Rows, Source

SURROUNDINGS = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
LIMIT = 180.0
"""Seconds that a process has to start."""


class Cluster:
    """A scheduler with workers of one thread each, on the loopback address."""

    def __init__(self, folder, workers):
        self.processes = []
        self._folder, self._file = folder, folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", "--port", "0", "--scheduler-file", self._file
        )
        until(lambda: self._file.is_file() and self._file.read_text().endswith("}"))
        self.address = json.loads(self._file.read_text())["address"]
        self.workers = [self.add_worker() for _ in range(workers)]
        self.wait_for_workers()

    def wait_for_workers(self):
        """Until every worker that was ever started has reached the scheduler."""
        log, count = self._folder / "log", len(self.processes) - 1
        until(lambda: log.read_text().count("Registered to:") >= count)

    def add_worker(self):
        words = ("--nthreads", "1", "--memory-limit", "0", "--no-nanny")
        folder = ("--local-directory", self._folder)
        return self._start("worker", self.address, *words, *folder)

    def kill_one(self):
        """SIGKILL for a worker, while another goes on."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def stop(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def _start(self, *words):
        words += ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
        with (self._folder / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *map(str, words), "--no-dashboard"],
                env=SURROUNDINGS,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process


@contextlib.contextmanager
def started(folder, *, workers=2):
    cluster = None
    try:
        cluster = Cluster(folder, workers)
        yield cluster
    finally:
        if cluster:
            cluster.stop()


def until(test):
    end = time.monotonic() + LIMIT
    while not test():
        assert time.monotonic() < end, "it did not start"
        time.sleep(0.02)


def square(number):
    return number * number


def slow_square(number):
    time.sleep(0.1)
    return number * number


def refuse(number):
    raise InputError(f"number: got {number}, wanted another")


def die(number):
    os.kill(os.getpid(), 9)


def read_drawn(count, start, stop):
    """Some of the rows that `drawn` gives."""
    rows = drawn(count)
    codes = {m: code[start:stop] for m, code in rows.codes.items()}
    return Rows(codes, rows.labels[start:stop], rows.records[start:stop])


def read_drawn_slowly(count, start, stop):
    time.sleep(0.1)
    return read_drawn(count, start, stop)


def read_with_nan(count, start, stop):
    """The last part has labels that are refused."""
    rows = read_drawn(count, start, stop)
    if stop < count:
        return rows
    return rows._replace(labels=np.full(rows.labels.shape, np.nan))


def read_texts(count, start, stop):
    rows = read_drawn(count, start, stop)
    return rows._replace(codes={"text": rows.codes["text"]})


def die_on_rows(count, start, stop):
    os.kill(os.getpid(), 9)


class Named:
    """The records of drawn rows."""

    def __init__(self, count):
        self.count = count

    def __call__(self):
        return iter(drawn(self.count).records)


def source(count, read=read_drawn, **changes):
    fields = {
        "rows": count,
        "read": functools.partial(read, count),
        "modalities": ["image", "text"],
        "bits": 64,
        "classes": list(CLASSES),
        "encoder": "",
        "records": Named(count),
    }
    return Source(**{**fields, **changes})
