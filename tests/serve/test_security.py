"""Who is let in, and what leaves."""

import os
from types import SimpleNamespace

import numpy as np
import pytest
from serving import StandIn, make_index, picture, running

from scbch_jax import index
from scbch_jax.errors import InputError
from scbch_jax.index import Rows
from scbch_jax.serve import security
from scbch_jax.serve.limits import Limits
from scbch_jax.serve.security import Rules

TOKEN = "a-token-of-some-length"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """A service with a token, a name, and a low rate."""
    path = make_index(tmp_path_factory.mktemp("guarded") / "index", count=9)
    rules = Rules(frozenset({"search.example"}), TOKEN.encode())
    with running(path, encoder=StandIn(), rules=rules) as found:
        yield found


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost", True),
        ("localhost:8000", True),
        ("LOCALHOST.:8000", True),
        ("127.0.0.1:1", True),
        ("127.8.8.8", True),
        ("[::1]:8000", True),
        ("search.example", True),
        ("SEARCH.example:443", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("localhost@evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("search.example.evil", False),
        ("192.168.1.1", False),
        ("", False),
        ("localhost:8000:9", False),
        ("a b", False),
    ],
)
def test_only_known_hosts_are_answered(guarded, host, known):
    answer = guarded.get("/health/live", Host=host)
    assert answer.status == (200 if known else 403)
    if not known:
        assert answer.problem == "host"


def test_a_request_without_a_host_is_refused(guarded):
    answer = guarded.send(b"GET /health/live HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"/problems/host" in answer


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        ("http://localhost:80", True),
        ("https://localhost:80", True),
        ("http://localhost:81", False),
        ("http://evil.example", False),
        ("null", False),
        ("", False),
    ],
)
def test_pages_of_other_origins_are_refused(guarded, origin, known):
    answer = guarded.get("/health/live", Host="localhost:80", Origin=origin)
    assert answer.status == (200 if known else 403)
    if not known:
        assert answer.problem == "origin"


@pytest.mark.parametrize(
    "given",
    [None, "", "Bearer", "Bearer ", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer é"],
)
def test_without_the_token_nothing_of_the_index_is_shown(guarded, given):
    headers = {} if given is None else {"Authorization": given.encode("utf-8")}
    for target in ("/v1/index", "/v1/items/1", "/metrics", "/openapi.json", "/nope"):
        answer = guarded.get(target, **headers)
        assert (answer.status, answer.problem) == (401, "token")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert guarded.get("/health/ready", **headers).status == 200


def test_with_the_token_everything_is(guarded):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/v1/index", **headers).status == 200
    assert guarded.get("/metrics", **headers).status == 200


@pytest.mark.parametrize("content", [b"", b"short", b"with a blank inside it", None])
def test_a_token_file_has_a_token(tmp_path, content):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match="token-file: got"):
        security.read_token(path)
    path.write_bytes(f"{TOKEN}\n".encode())
    assert security.read_token(path) == TOKEN.encode()


def test_every_answer_has_the_headers_of_the_policy(served):
    for answer in (
        served.get("/v1/index"),
        served.get("/nope"),
        served.get("/v1/items/1/picture"),
    ):
        for name, value in security.HEADERS.items():
            assert answer.headers[name.lower()] == value
        assert not [x for x in answer.headers if x.startswith("access-control")]
        assert "server" not in answer.headers
    assert served.get("/v1/index").headers["cache-control"] == "no-store"


def test_more_requests_than_the_rate_are_refused(tmp_path):
    path = make_index(tmp_path / "index", count=9)
    with running(path, limits=Limits(rate=0.5)) as served:
        answers = [served.get("/v1/index") for _ in range(9)]
        refused = [x for x in answers if x.status == 429]
        assert refused
        assert refused[0].problem == "rate"
        assert 1 <= int(refused[0].headers["retry-after"]) <= 2
        assert served.get("/health/live").status == 200


def test_a_bucket_fills_again_at_the_rate(monkeypatch):
    now = [0.0]
    # Not the clock of the process, by which services in other threads wait.
    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(security, "time", clock)
    rate = security.Rate(2.0)
    taken = 0
    for _ in range(100):
        now[0] += 0.1
        try:
            rate.take("a")
            taken += 1
        except security.Problem:
            pass
    # The bucket of 4 at the beginning, and 2 a second for 10 seconds.
    assert taken == 23
    rate.take("b")


TRICKS = [
    "../outside.png",
    "../pictures-not/outside.png",
    "folder/../../outside.png",
    "{root}/outside.png",
    "link.png",
    "linked/outside.png",
    "words.png",
    "pipe",
    ".",
    "",
    "a\0b",
    "x" * 5000,
    17,
    {"path": "inside.png"},
]


@pytest.fixture(scope="module")
def tricks(tmp_path_factory):
    """Rows that name files outside of the folder of pictures, and one inside."""
    root = tmp_path_factory.mktemp("tricks")
    (root / "pictures" / "folder").mkdir(parents=True)
    (root / "pictures-not").mkdir()
    (root / "outside.png").write_bytes(picture())
    (root / "pictures-not" / "outside.png").write_bytes(picture())
    (root / "pictures" / "inside.png").write_bytes(picture())
    (root / "pictures" / "words.png").write_text("<svg onload='alert(1)'/>")
    (root / "pictures" / "link.png").symlink_to(root / "outside.png")
    (root / "pictures" / "linked").symlink_to(root)
    os.mkfifo(root / "pictures" / "pipe")
    names = [x.format(root=root) if isinstance(x, str) else x for x in TRICKS]
    records = [{"picture": name} for name in [*names, "folder/../inside.png"]]
    codes = np.zeros((len(records), 2), np.uint8)
    index.build(root / "index", Rows({"image": codes}, None, records))
    with running(root / "index", pictures=root / "pictures") as found:
        yield found


@pytest.mark.parametrize("row", range(len(TRICKS)), ids=[str(x)[:20] for x in TRICKS])
def test_no_file_outside_of_the_folder_leaves(tricks, row):
    answer = tricks.get(f"/v1/items/{row}/picture")
    assert answer.problem == "not-found"
    assert b"PNG" not in answer.body


def test_a_file_inside_of_the_folder_leaves(tricks):
    assert tricks.get(f"/v1/items/{len(TRICKS)}/picture").status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/../../etc/passwd",
        "/assets/../../etc/passwd",
        "/assets/..%2f..%2fapi.py",
        "/assets/%2e%2e/api.py",
        "/v1/items/..%2f..%2f1/picture",
        "//evil.example/",
    ],
)
def test_paths_with_tricks_are_not_found(served, target):
    assert served.get(target).status == 404
