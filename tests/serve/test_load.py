"""Slow clients, full queues, deadlines, and generations of the index."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import uvicorn
from conftest import ROOT
from serving import StandIn, make_index, picture, running, wait_until
from uvicorn.server import ServerState

from scbch_jax import index
from scbch_jax.index import Index
from scbch_jax.serve.gateway import Gateway
from scbch_jax.serve.limits import Limits
from scbch_jax.serve.metrics import Metrics
from scbch_jax.serve.problems import Problem
from scbch_jax.serve.protocol import DeadlineProtocol, Gathering
from scbch_jax.serve.queues import BATCH, Batcher, Gate
from scbch_jax.serve.security import Rules


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return make_index(tmp_path_factory.mktemp("strict") / "index")


@pytest.fixture(scope="module")
def impatient(path):
    """A service that waits for nothing for long."""
    limits = Limits(request_seconds=0.4, answer_seconds=1.5)
    with running(path, encoder=StandIn(), limits=limits) as found:
        yield found


@pytest.fixture(scope="module")
def strict(path):
    """A service with low limits, but not of time."""
    limits = Limits(
        request_seconds=60,
        answer_seconds=60,
        max_pending=2,
        connections=12,
        picture_bytes=50_000,
        header_bytes=2048,
    )
    with running(path, encoder=StandIn(), limits=limits) as found:
        yield found


HEAD = (
    b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
)


def receive(sock):
    """One whole answer, from its first line to the last byte of its body."""
    content = b""
    while b"\r\n\r\n" not in content:
        part = sock.recv(65536)
        assert part, content
        content += part
    head, _, body = content.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split()[0])
    while len(body) < length:
        part = sock.recv(min(65536, length - len(body)))
        assert part, content
        body += part
    assert len(body) == length
    return head + body


@pytest.mark.parametrize(
    "content",
    [b"", b"G", HEAD[:40], HEAD + b"Content-Length: 50\r\n\r\n" + b'{"item"'],
    ids=["nothing", "a letter", "half the head", "half the body"],
)
def test_a_client_that_does_not_go_on_is_cut_off(impatient, content):
    begin = time.monotonic()
    answer = impatient.send(content)
    assert time.monotonic() - begin > 0.3
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/slow" in answer
    assert b"connection: close" in answer.lower()


def test_a_client_that_sends_a_little_at_a_time_is_cut_off(impatient):
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=10) as sock:
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 100:
                sock.sendall(b"G")
                sent += 1
                time.sleep(0.05)
        assert sent < 60


def test_a_client_that_goes_on_sending_after_its_answer_is_cut_off(strict):
    length = b"Content-Length: 100000000\r\n\r\n"
    answer = strict.send(HEAD + length + b"x" * 1000)
    assert answer.startswith(b"HTTP/1.1 413 ")


BODY = b'{"item": 1, "k": 1}'
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


def test_a_connection_that_is_kept_open_serves_several_requests(impatient):
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=20) as sock:
        for pause in (0, 0.6, 0):
            time.sleep(pause)
            sock.sendall(WHOLE)
            assert receive(sock).startswith(b"HTTP/1.1 200 ")
        # The second request is never completed.
        sock.sendall(WHOLE + WHOLE[:20])
        answers = b"".join(iter(lambda: sock.recv(65536), b""))
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


def test_a_second_request_may_begin_with_the_end_of_the_first(strict):
    with socket.create_connection(("127.0.0.1", strict.port), timeout=20) as sock:
        sock.sendall(WHOLE + WHOLE[:20])
        assert receive(sock).startswith(b"HTTP/1.1 200 ")
        sock.sendall(WHOLE[20:])
        assert receive(sock).startswith(b"HTTP/1.1 200 ")


def test_small_packets_are_not_held_back(strict):
    """Head and body of an answer are two packets: held back, they take 40 ms."""
    wait_until(lambda: not strict.service.server_state.connections)
    with socket.create_connection(("127.0.0.1", strict.port), timeout=10) as sock:
        sock.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        receive(sock)
        (held,) = strict.service.server_state.connections
        kept = held.transport.get_extra_info("socket")
        assert kept.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET /v1/index HTTP/1.1\r\n\r\n",
        b"GET /v1/index HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}",
        HEAD + b"Content-Length: -1\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 4000,
    ],
    ids=["TLS", "no host", "two hosts", "two lengths", "negative", "a long head"],
)
def test_what_is_no_http_is_told_so(strict, content):
    answer = strict.send(content)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/malformed" in answer


def test_more_connections_than_allowed_are_refused(strict):
    wait_until(lambda: not strict.service.server_state.connections)
    address = ("127.0.0.1", strict.port)
    held = [socket.create_connection(address) for _ in range(12)]
    try:
        wait_until(lambda: len(strict.service.server_state.connections) == 12)
        answer = strict.send(b"")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in answer.lower()
    finally:
        for sock in held:
            sock.close()
    wait_until(lambda: strict.get("/health/ready").status == 200)


@contextlib.contextmanager
def blocking(served):
    """The encoder waits until it is set free."""
    assert served.get("/v1/search?text=dog").status == 200
    served.encoder.free.clear()
    yield served
    served.encoder.free.set()
    wait_until(lambda: served.service._work.gate.inside == 0)


@pytest.fixture
def blocked(strict):
    with blocking(strict):
        yield strict


def test_a_full_house_is_refused_at_once(blocked):
    with ThreadPoolExecutor(2) as pool:
        words = [pool.submit(blocked.get, "/v1/search?text=dog") for _ in range(2)]
        wait_until(lambda: blocked.service._work.gate.inside == 2)
        # At once: while the others wait.
        refused = blocked.get("/v1/search?text=dog")
        assert (refused.status, refused.problem) == (503, "busy")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        content = picture()
        kind = {"Content_Type": "image/png"}
        answer = blocked.ask("POST", "/v1/search/picture", content, **kind)
        assert answer.problem == "busy"
        # It is refused by its head.
        length = b"Content-Length: 50\r\n\r\n"
        assert blocked.send(HEAD + length).startswith(b"HTTP/1.1 503 ")
        # What needs no search is answered.
        assert blocked.get("/health/ready").status == 200
        assert blocked.get("/v1/items/1").status == 200
        assert b'refusals_total{reason="busy"} ' in blocked.get("/metrics").body
        blocked.encoder.free.set()
        assert [x.result().status for x in words] == [200, 200]


def test_a_search_past_its_deadline_is_given_up(impatient):
    with blocking(impatient):
        answer = impatient.get("/v1/search?text=dog")
        assert (answer.status, answer.problem) == (504, "deadline")
        assert impatient.service._work.gate.inside == 0


def test_a_search_whose_client_has_gone_is_dropped(blocked):
    before = len(blocked.encoder.batches)
    target = b"GET /v1/search?text=dog HTTP/1.1\r\nHost: localhost\r\n\r\n"
    first = threading.Thread(target=blocked.get, args=("/v1/search?text=cat",))
    first.start()
    wait_until(lambda: blocked.service._work.gate.inside == 1)
    with socket.create_connection(("127.0.0.1", blocked.port)) as sock:
        sock.sendall(target)
        wait_until(lambda: blocked.service._work.gate.inside == 2)
    wait_until(lambda: blocked.service._work.gate.inside == 1)
    blocked.encoder.free.set()
    first.join(60)
    assert blocked.encoder.batches[before:] == [1]
    statuses = [json.loads(line)["status"] for line in blocked.log]
    assert 499 in statuses


def test_what_waits_for_the_network_is_one_batch(tmp_path):
    path = make_index(tmp_path / "index", count=30)
    encoder = StandIn()
    with running(path, encoder=encoder) as served, ThreadPoolExecutor(12) as pool:
        encoder.free.clear()
        words = ["dog", "cat", "sky", "dog cat"]
        targets = [f"/v1/search?text={words[i % 4]}&k=5" for i in range(12)]
        targets = [x.replace(" ", "%20") for x in targets]
        waiting = [pool.submit(served.get, target) for target in targets]
        wait_until(lambda: served.service._work.gate.inside == 12)
        encoder.free.set()
        answers = [x.result().json for x in waiting]
        assert sum(encoder.batches) == 12
        assert max(encoder.batches) <= BATCH
        assert len(encoder.batches) <= 4
        assert answers == [served.get(target).json for target in targets]


def test_one_bad_input_of_a_batch_fails_alone():
    calls = []

    def double(values, seconds):
        calls.append(list(values))
        if "bad" in values:
            raise ValueError("bad")
        return [2 * x for x in values]

    async def run():
        batcher = Batcher("double", double, size=BATCH)
        values = ["a", "bad", "b", *range(9)]
        found = [batcher.run({}, x) for x in values]
        results = await asyncio.gather(*found, return_exceptions=True)
        batcher.close()
        return results

    results = asyncio.run(run())
    assert isinstance(results.pop(1), ValueError)
    assert results == ["aa", "bb", *[2 * x for x in range(9)]]
    assert max(map(len, calls)) == BATCH


def test_only_inputs_alike_are_one_batch_in_the_order_in_which_they_came():
    calls = []

    def note(values, seconds):
        calls.append(list(values))
        seconds["noted"] = 2.0
        return values

    async def run():
        batcher = Batcher("note", note, size=3, alike=lambda value: value % 2)
        stages = {"noted": 1.0}
        first, *others = [batcher.run(stages, x) for x in (0, 1, 2, 3, 5, 7, 4)]
        found = await asyncio.gather(first, *others)
        batcher.close()
        return found, stages

    found, stages = asyncio.run(run())
    assert found == [0, 1, 2, 3, 5, 7, 4]
    assert calls == [[0, 2, 4], [1, 3, 5], [7]]
    assert stages == {"noted": 15.0}


def test_searches_alike_are_one_pass_and_find_what_each_finds_alone(tmp_path):
    path = make_index(tmp_path / "index", count=60)
    opened = Index(path)
    hows = [
        {"k": 4},
        {"k": 4, "find": "text"},
        {"k": 4, "where": {"any_of": ["dog", "cat"]}},
        {"k": 4, "where": {"any_of": ["cat", "dog"]}},
        {"k": 4, "after": {"distance": 3, "id": 5}},
        {"k": 2, "within": 5},
        {"k": 4, "find": "any"},
    ]
    wanted = [{"item": i, **how} for how in hows for i in (1, 2, 3)]
    wanted += [{"item": 4, "rank": "both"}, {"item": 5, "rank": "both"}]
    code = opened.code(1, "image").tobytes().hex()
    wanted += [{"codes": [code] * 3, "encoder": StandIn.id}] * 2
    with running(path, encoder=StandIn()) as served:
        alone = [served.search(**fields) for fields in wanted]
        free, sizes, batcher = threading.Event(), [], served.service._work._searcher
        search, batcher._on_batch = batcher._function, sizes.append

        def wait(alike, stages):
            assert free.wait(60)
            return search(alike, stages)

        batcher._function = wait
        with ThreadPoolExecutor(len(wanted) + 1) as pool:
            first = pool.submit(served.search, item=9)
            wait_until(lambda: sizes == [1])
            together = [pool.submit(served.search, **fields) for fields in wanted]
            wait_until(lambda: len(batcher._waiting) == len(wanted))
            free.set()
            assert first.result()["hits"]
            assert [x.result() for x in together] == alone
    # Both filters are one; pages, ranks and several codes are searched alone.
    assert sorted(sizes) == [1] * 8 + [3] * 4 + [6]


def test_a_gate_tells_when_to_come_again(monkeypatch):
    now = [0.0]
    # Not the clock of the process, by which services in other threads wait.
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("scbch_jax.serve.queues.time", clock)
    refused = []
    gate = Gate(1, refused.append)
    for _ in range(100):
        with gate.admitted():
            now[0] += 3.2
    with gate.admitted(), pytest.raises(Problem) as caught, gate.admitted():
        pass
    assert caught.value.headers == {"Retry-After": "4"}
    gate.closed = "draining"
    with pytest.raises(Problem, match="got draining"), gate.admitted():
        pass
    assert refused == ["busy", "draining"]


def test_newer_generations_are_reloaded_and_pages_go_on(tmp_path):
    path = make_index(tmp_path / "index", count=30)
    with running(path, encoder=StandIn()) as served:
        assert served.search(item=5)["generation"] == 1
        index.remove(path, ids=[7])
        wait_until(lambda: served.search(item=5)["generation"] == 2)
        assert served.get("/v1/items/7").status == 404
        index.compact(path)
        wait_until(lambda: served.get("/v1/index").json["segments"] == 1)
        assert len(served.search(item=5, k=100)["hits"]) == 29


def test_a_generation_that_cannot_be_served_leaves_the_one_before(tmp_path):
    path = make_index(tmp_path / "index", count=30)
    other = make_index(tmp_path / "other", count=40, encoder="another")
    with running(path, encoder=StandIn()) as served:
        path.rename(tmp_path / "old")
        other.rename(path)
        wait_until(lambda: any("encoder: got another" in line for line in served.log))
        assert served.get("/v1/index").json["items"] == 30
        assert len(served.search(item=5)["hits"]) == 10
        assert b"failed_reloads_total 1.0" in served.get("/metrics").body


def test_an_index_that_becomes_empty_finds_nothing(tmp_path):
    path = make_index(tmp_path / "index", count=3)
    with running(path, encoder=StandIn()) as served:
        index.remove(path, ids=[0, 1, 2])
        wait_until(lambda: served.get("/v1/index").json["items"] == 0)
        assert served.search(text="dog", find="any")["hits"] == []
        index.compact(path)
        wait_until(lambda: served.search(text="dog")["generation"] == 3)
        assert served.search(text="dog", find="any")["hits"] == []
        assert served.search(text="dog", rank="both")["hits"] == []


def start(path, *words):
    """`scbch serve` as a process, and its address."""
    command = [sys.executable, "-m", "scbch_jax.cli", "serve", str(path), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split("/")[2].rpartition(":")[2])
    return process, port


def test_a_search_that_outlasts_the_service_is_answered():
    """The server cancels it, when its time after SIGTERM is over."""
    sent = []

    async def inner(scope, receive, send):
        raise asyncio.CancelledError

    async def send(message):
        sent.append(message)

    gateway = Gateway(inner, rules=Rules(), metrics=Metrics(), log=sent.append)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/health/live",
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(gateway(scope, None, send))
    assert sent[0]["status"] == 503
    assert b"/problems/draining" in sent[1]["body"]


@pytest.mark.commands
def test_sigterm_under_load_loses_no_admitted_request(tmp_path):
    path = make_index(tmp_path / "index", count=20_000)
    process, port = start(path)
    code = Index(path).code(1, "image").tobytes().hex()
    value = {"codes": [code] * 100, "encoder": StandIn.id, "k": 100}
    body = json.dumps(value).encode()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    ends, answered = [], threading.Event()

    def ask():
        """Until the service refuses or is gone."""
        while True:
            with socket.socket() as sock:
                sock.settimeout(20)
                try:
                    sock.connect(("127.0.0.1", port))
                    sock.sendall(whole)
                    begun = sock.recv(1, socket.MSG_PEEK)
                except OSError:
                    begun = b""
                if not begun:
                    ends.append("not admitted")
                    return
                try:
                    status = receive(sock).split()[1]
                except (AssertionError, OSError):
                    ends.append("lost")
                    return
                if status != b"200":
                    ends.append(status)
                    return
                answered.set()

    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask) for _ in range(6)]
        assert answered.wait(60)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    for client in asked:
        client.result()
    assert process.returncode == 0
    assert "lost" not in ends
    assert len(ends) == 6
    lines = [json.loads(line) for line in err.splitlines()]
    statuses = {line["status"] for line in lines}
    assert 200 in statuses
    assert statuses <= {200, 503}


@pytest.mark.commands
@pytest.mark.parametrize("words", [["--host", "0.0.0.0"], ["--port", "PORT"], ["NONE"]])
def test_what_cannot_be_served_ends_with_one_line(tmp_path, capsys, words):
    from scbch_jax.cli import program

    path = make_index(tmp_path / "index", count=9)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = [port if x == "PORT" else x for x in words]
        index_path = tmp_path / "none" if words == ["NONE"] else path
        words = [] if words == ["NONE"] else words
        assert program.main(["serve", str(index_path), *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "got" in line
    assert "wanted" in line


class Pieces:
    """A transport that notes what is sent."""

    def __init__(self):
        self.sent = []

    def write(self, data):
        self.sent.append(data)

    def close(self):
        self.sent.append("closed")

    def is_closing(self):
        return self.sent[-1:] == ["closed"]


@pytest.mark.parametrize("closes", [False, True])
def test_a_client_that_does_not_read_its_answer_is_cut_off(closes):
    class Protocol(DeadlineProtocol):
        limits = Limits(write_seconds=0.2)

    async def unused(scope, receive, send):
        raise AssertionError("no request is made")

    async def run():
        state = ServerState()
        config = uvicorn.Config(unused)
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(
            lambda: Protocol(config, state, {}), "127.0.0.1", 0
        )
        with socket.create_connection(listener.sockets[0].getsockname()) as client:
            while not state.connections:
                await asyncio.sleep(0.01)
            (held,) = state.connections
            if closes:  # What is left is too little to be waited for.
                held.transport.set_write_buffer_limits(high=10**9)
            held.transport.write(bytes(10**8))
            await asyncio.sleep(0)
            if closes:
                held.transport.close()
            while state.connections:
                await asyncio.sleep(0.01)
            assert sum(map(len, iter(lambda: client.recv(10**6), b""))) < 10**8
            assert held._write_timer is None, "nothing is left to be done later"
        listener.close()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_what_is_written_in_one_step_is_sent_at_once():
    async def run():
        pieces = Pieces()
        transport = Gathering(pieces, asyncio.get_running_loop())
        transport.write(b"head ")
        transport.write(b"body")
        assert pieces.sent == []
        await asyncio.sleep(0)
        transport.write(b"last")
        transport.close()
        await asyncio.sleep(0)
        assert pieces.sent == [b"head body", b"last", "closed"]
        assert transport.is_closing()

    asyncio.run(run())
