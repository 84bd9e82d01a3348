"""A service that begins, fails and ends: statuses that one at work does not answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from serving import StandIn, make_index, picture, running, wait_until

SEARCHES = [
    ("GET", "/v1/search?text=dog", None, {}),
    ("POST", "/v1/search", b'{"item": 1}', {"Content_Type": "application/json"}),
    ("POST", "/v1/search/picture", picture(), {"Content_Type": "image/png"}),
    ("POST", "/v1/encode", b'{"text": "dog"}', {"Content_Type": "application/json"}),
    ("POST", "/v1/encode/picture", picture(), {"Content_Type": "image/png"}),
    ("GET", "/health/ready", None, {}),
]


class Unchecked(StandIn):
    """An encoder whose check waits until it is set free."""

    def __init__(self):
        super().__init__()
        self.checked = threading.Event()

    def self_check(self):
        assert self.checked.wait(60)


@pytest.fixture
def path(tmp_path):
    return make_index(tmp_path / "index", count=9)


def refusals(served):
    """The status and problem of every request that needs an encoder or a search."""
    answers = [served.ask(m, x, body, **head) for m, x, body, head in SEARCHES]
    assert all(int(x.headers["retry-after"]) >= 1 for x in answers)
    return {(x.status, x.problem) for x in answers}


def test_no_search_is_admitted_before_the_encoder_is_checked(path):
    encoder = Unchecked()
    with running(path, encoder=encoder, ready=False) as served:
        assert refusals(served) == {(503, "starting")}
        assert served.get("/health/live").status == 200
        encoder.checked.set()
        wait_until(lambda: served.get("/health/ready").status == 200)
        assert served.get("/v1/search?text=dog").status == 200


def test_searches_that_were_admitted_end_and_no_others_begin(path):
    encoder = StandIn()
    with running(path, encoder=encoder) as served, ThreadPoolExecutor(1) as pool:
        encoder.free.clear()
        admitted = pool.submit(served.get, "/v1/search?text=dog")
        wait_until(lambda: served.service._work.gate.inside == 1)
        # SIGTERM also ends the listener, a tenth of a second later or sooner: here it
        # stays, so that all of these requests reach the service.
        served.service._work.gate.closed = "draining"
        assert refusals(served) == {(503, "draining")}
        assert served.get("/health/live").status == 200
        encoder.free.set()
        assert admitted.result().status == 200


def test_a_defect_is_told_without_its_traceback(path):
    with running(path, encoder=StandIn()) as served:
        answer = served.get("/v1/search?text=dog+poison")
        assert (answer.status, answer.problem) == (500, "internal")
        assert "poison" not in answer.json["detail"]
        (told,) = [line for line in served.log if "Traceback" in line]
        assert answer.json["instance"] in told
        assert served.get("/v1/search?text=dog").status == 200


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_service_whose_encoder_fails_its_check_ends(path):
    class Broken(StandIn):
        def self_check(self):
            raise RuntimeError("a defect")

    with running(path, encoder=Broken(), ready=False) as served:
        wait_until(lambda: served.service.should_exit)
    assert str(served.service.failure) == "a defect"
