"""The service and its contract: requests that schemathesis makes from the contract."""

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from serving import StandIn, picture

from scbch_jax.serve import openapi
from scbch_jax.serve.pictures import KINDS

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 20
"""Valid requests of each operation, and as many that break the contract."""

PNG = {"body": picture(), "media_type": "image/png"}
JSON = {"media_type": "application/json"}
CODES = {"codes": ["0000", "00ff"], "encoder": StandIn.id}
ANSWERED = [
    ("search", {"body": {"text": "dog cow", "find": "any", "k": 7}, **JSON}),
    ("search", {"body": {"item": 3, "rank": "both"}, **JSON}),
    ("search", {"body": {"item": 3, "where": {"any_of": ["dog"]}}, **JSON}),
    ("search", {"body": CODES, **JSON}),
    ("search_words", {"query": {"text": "dog", "label": ["cat", "sky"]}}),
    ("search_picture", {"query": {"find": "text", "within": 9}, **PNG}),
    ("encode", {"body": {"text": "dog", "relaxed": True}, **JSON}),
    ("encode_picture", {"query": {"relaxed": True}, **PNG}),
    ("item", {"path_parameters": {"id": 3}}),
    ("picture", {"path_parameters": {"id": 3}}),
    ("facts", {}),
    ("live", {}),
    ("ready", {}),
    ("prometheus", {}),
    ("problem", {"path_parameters": {"name": "busy"}}),
]
MODES = [
    (operation.endpoint, mode)
    for operation in openapi.OPERATIONS
    for mode in GenerationMode
    # A request without any field, or with any text as its only one, cannot break it.
    if mode.is_positive or operation.body or operation.query or "{id}" in operation.path
]

pytestmark = pytest.mark.slow


class Fuzzed:
    """The operations of a contract that was fetched, and requests to its service."""

    def __init__(self, served):
        self.url = f"http://127.0.0.1:{served.port}"
        contract = schemathesis.openapi.from_dict(served.get("/openapi.json").json)
        found = [x.ok() for x in contract.get_all_operations()]
        self.operations = {x.definition.raw["operationId"]: x for x in found}
        self.session = requests.Session()

    def check(self, case):
        """Sends a request; the answer has to be one that the contract names."""
        return case.call_and_validate(
            base_url=self.url, session=self.session, checks=CHECKS, timeout=20
        )


@pytest.fixture(scope="module")
def fuzzed(served):
    # Random bytes are no picture: some of the bodies have to be.
    files = st.sampled_from([picture(), picture(kind="JPEG"), picture()[:60]])
    for kind in KINDS:
        schemathesis.openapi.media_type(kind, st.binary(max_size=200) | files)
    found = Fuzzed(served)
    yield found
    found.session.close()


def test_every_operation_is_answered_as_the_contract_says(fuzzed):
    assert set(fuzzed.operations) == {name for name, _ in ANSWERED}
    for name, fields in ANSWERED:
        answer = fuzzed.check(fuzzed.operations[name].Case(**fields))
        assert answer.status_code == 200, (name, answer.content)


@pytest.mark.parametrize(("name", "mode"), MODES)
def test_any_request_gets_an_answer_of_the_contract(fuzzed, name, mode):
    operation = fuzzed.operations[name]

    @given(operation.as_strategy(mode))
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        fuzzed.check(case)

    send()
