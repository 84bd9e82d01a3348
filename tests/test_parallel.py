"""The same map in this process, on workers, and on a scheduler's workers."""

import contextlib
import subprocess
import sys

import clusters
import pytest
from command_line import SURROUNDINGS

from scbch_jax import extras, parallel
from scbch_jax.errors import InputError

pytest.importorskip("distributed", reason="Dask is not installed")

SQUARES = [(i, i * i) for i in range(30)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with clusters.started(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def test_all_ways_give_every_part_once(cluster):
    for where in ({}, {"workers": 2}, {"scheduler": cluster.address}):
        with parallel.opened(**where) as mapped:
            assert sorted(mapped(clusters.square, range(30))) == SQUARES
            assert list(mapped(clusters.square, [])) == []


def test_a_part_whose_worker_is_killed_is_computed_by_another(cluster):
    found = []
    with parallel.opened(scheduler=cluster.address) as mapped:
        for part in mapped(clusters.slow_square, range(30)):
            if not found:
                cluster.kill_one()
            found.append(part)
    assert sorted(found) == SQUARES
    cluster.workers.append(cluster.add_worker())


def test_what_is_refused_in_a_worker_is_refused_here(cluster):
    with (
        parallel.opened(scheduler=cluster.address) as mapped,
        pytest.raises(InputError, match="number: got 0, wanted another"),
    ):
        list(mapped(clusters.refuse, [0]))


def test_a_part_that_ends_every_worker_is_given_up(capfd, monkeypatch):
    import dask

    # Even a slow machine has started another worker by then.
    monkeypatch.setattr(parallel, "TIMEOUT", 60)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        parallel.opened(workers=1) as mapped,
        pytest.raises(InputError, match="workers: got several lost at the same part"),
    ):
        list(mapped(clusters.die, [0]))
    assert capfd.readouterr() == ("", "")


def test_workers_that_are_started_listen_on_the_loopback_address_alone():
    import psutil

    def listening():
        process = psutil.Process()
        family = [process, *process.children(recursive=True)]
        sockets = []
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):  # It has just ended.
                sockets += process.net_connections()
        return {c.laddr for c in sockets if c.status == psutil.CONN_LISTEN}

    before = listening()
    with parallel.opened(workers=1) as mapped:
        assert list(mapped(clusters.square, [3])) == [(0, 9)]
        new = listening() - before
    assert {address.ip for address in new} == {"127.0.0.1"}


@pytest.mark.errors
@pytest.mark.parametrize(
    ("address", "message"),
    [
        (
            "tcp://127.0.0.1:9",
            "scheduler: got tcp://127.0.0.1:9, which does not answer",
        ),
        ("tcp://127.0.0.1:99999", "which does not answer"),
        ("http://127.0.0.1:9", "scheduler: got http://127.0.0.1:9, wanted the address"),
        ("nowhere", "scheduler: got nowhere, wanted the address of a Dask scheduler"),
    ],
)
def test_a_scheduler_that_is_not_there_is_one_line(monkeypatch, address, message):
    monkeypatch.setattr(parallel, "TIMEOUT", 0.2)
    with pytest.raises(InputError, match=message), parallel.opened(scheduler=address):
        raise AssertionError("it was opened")


@pytest.mark.errors
def test_a_scheduler_without_workers_or_that_goes_away_is_one_line(
    tmp_path, monkeypatch
):
    import distributed

    wait = distributed.Client.wait_for_workers

    def wait_less(client, count, timeout):
        """The scheduler, which is there, still has its time to answer."""
        return wait(client, count, timeout=0.5)

    with clusters.started(tmp_path, workers=0) as cluster:
        where = {"scheduler": cluster.address}
        with monkeypatch.context() as patch:
            patch.setattr(distributed.Client, "wait_for_workers", wait_less)
            with (
                pytest.raises(InputError, match="which has no workers"),
                parallel.opened(**where),
            ):
                raise AssertionError("it was opened")
        cluster.add_worker()
        cluster.wait_for_workers()
        with parallel.opened(**where) as mapped:
            found = mapped(clusters.slow_square, range(1000))
            next(found)
            cluster.scheduler.kill()
            with pytest.raises(InputError, match="scheduler: got one that was lost"):
                list(found)


@pytest.mark.errors
def test_without_dask_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(extras, "is_installed", lambda package: False)
    with parallel.opened() as mapped:
        assert list(mapped(clusters.square, [2])) == [(0, 4)]
    message = r"--workers needs Dask and Dask Distributed: pip install 'scbch_jax\[dask"
    with pytest.raises(InputError, match=message), parallel.opened(workers=2):
        raise AssertionError("it was opened")


def test_one_process_imports_no_dask():
    code = (
        "import sys, numpy as np\n"
        "from scbch_jax import parallel\n"
        "with parallel.opened() as mapped:\n"
        "    assert list(mapped(abs, [-1])) == [(0, 1)]\n"
        "print({'dask', 'distributed'} & set(sys.modules))"
    )
    words = [sys.executable, "-c", code]
    said = subprocess.check_output(words, env=SURROUNDINGS, text=True)
    assert said == "set()\n"
