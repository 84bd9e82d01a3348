"""Services on the loopback address, in a thread of the tests, and requests to them."""

import faulthandler
import http.client
import io
import json
import socket
import threading
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from PIL import Image

from scbch_jax import features, index
from scbch_jax.errors import require
from scbch_jax.index import Index, Rows
from scbch_jax.serve import service
from scbch_jax.serve.limits import Limits

CLASSES = ("cat", "dog", "sky")
BITS = 16
HOSTILE = "<img src=x onerror=\"alert('x')\"> & <b>bold</b>"


class Codes(NamedTuple):
    codes: np.ndarray
    relaxed: np.ndarray
    unknown_words: list


class StandIn:
    """An encoder of three words, and of pictures by their mean color."""

    id = "0123456789abcdef" * 4
    takes = ("image", "text")

    def __init__(self):
        self.free = threading.Event()
        """Encodes while it is set."""
        self.free.set()
        self.batches = []

    def self_check(self):
        pass

    def check_text(self, text):
        words = text.lower().split()
        known = [word for word in words if word in CLASSES]
        wanted = "at least one word that the model knows"
        require(bool(known), "text", text, wanted)
        return [word for word in words if word not in CLASSES]

    def read_picture(self, source, *, max_pixels, formats):
        return features.read_picture(
            source,
            max_pixels=max_pixels,
            prepare=lambda found: np.asarray(found.resize((4, 4))),
            formats=formats,
        )

    def texts(self, texts):
        assert self.free.wait(60)
        self.batches.append(len(texts))
        assert not any("poison" in text for text in texts)
        words = [[name in text.lower().split() for name in CLASSES] for text in texts]
        return self._codes(np.array(words, float))

    def pictures(self, pictures):
        assert self.free.wait(60)
        means = np.array([x.reshape(-1, 3).mean(axis=0) / 255 for x in pictures])
        return self._codes(means)

    def _codes(self, values):
        projection = np.random.default_rng(0).normal(size=(len(CLASSES), BITS))
        relaxed = np.tanh((values - 0.5) @ projection).astype(np.float32)
        unknown = [[] for _ in relaxed]
        return Codes(np.packbits(relaxed > 0, axis=1), relaxed, unknown)


def picture(color="red", kind="PNG", size=(40, 30), mode="RGB"):
    content = io.BytesIO()
    Image.new(mode, size, color).save(content, kind)
    return content.getvalue()


def make_index(path, *, count=200, encoder=StandIn.id, folder=None, seed=0):
    """Codes with many ties; rows with names, texts and pictures."""
    random = np.random.default_rng(seed)
    labels = random.random((count, 3)) < 0.4
    relaxed = {m: random.normal(size=(count, BITS)) for m in ("image", "text")}
    codes = {m: np.packbits(x > 0, axis=1) for m, x in relaxed.items()}
    records = [
        {"name": f"row{i}.png", "text": f"a sky over {i}", "picture": f"row{i}.png"}
        for i in range(count)
    ]
    records[-1]["text"] = records[0]["text"] = HOSTILE
    rows = Rows(codes, labels, records, relaxed)
    index.build(path, rows, classes=CLASSES, encoder=encoder)
    if folder is not None:
        folder.mkdir()
        for i in range(min(count, 20)):
            color = tuple(random.integers(0, 255, 3).tolist())
            (folder / f"row{i}.png").write_bytes(picture(color))
    return path


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        assert self.headers["content-type"] == "application/problem+json"
        found = self.json
        assert set(found) == {"type", "title", "status", "detail", "instance"}
        assert found["status"] == self.status
        assert found["instance"] == self.headers["x-request-id"]
        assert "Traceback" not in found["detail"]
        return found["type"].removeprefix("/problems/")


class Running(NamedTuple):
    """A service that runs, and what it serves."""

    port: int
    path: object
    encoder: object
    log: list
    service: object

    def ask(self, method, target, body=None, **headers):
        """One request on a connection of its own; `content_type="..."` is a header."""
        names = {k.replace("_", "-"): v for k, v in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, target, body, names)
            found = connection.getresponse()
            head = {k.lower(): v for k, v in found.getheaders()}
            return Answer(found.status, head, found.read())
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.ask("GET", target, **headers)

    def post(self, target, value, **headers):
        headers = {"Content_Type": "application/json", **headers}
        return self.ask("POST", target, json.dumps(value), **headers)

    def search(self, **fields):
        found = self.post("/v1/search", fields)
        assert found.status == 200, found.body
        return found.json

    def send(self, content, *, wait=20):
        """Raw bytes; everything that comes back until the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as sock:
            sock.sendall(content)
            parts = []
            while part := sock.recv(65536):
                parts.append(part)
        return b"".join(parts)


@contextmanager
def running(path, *, encoder=None, engine="flat", ready=True, **more):
    """A service in a thread, once it is ready."""
    log = []
    settings = service.Settings(
        path=path,
        opener=lambda: Index(path, engine=engine),
        log=log.append,
        encoder=encoder,
        limits=more.pop("limits", Limits()),
        **more,
    )
    served = service.Service(settings)
    listener = service.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    thread = threading.Thread(target=served.serve_on, args=(listener,), daemon=True)
    thread.start()
    found = Running(port, path, encoder, log, served)
    try:
        wait_until(lambda: served.started)
        wait_until(lambda: not ready or found.get("/health/ready").status == 200)
        yield found
    finally:
        served.should_exit = True
        thread.join(60)
        if thread.is_alive():  # What it waits for is in the output of the failed test.
            faulthandler.dump_traceback(all_threads=True)
        assert not thread.is_alive()


def wait_until(condition, seconds=60):
    pause = threading.Event()
    for _ in range(int(seconds / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it does not happen")
