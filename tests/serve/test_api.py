"""What the interface answers, over HTTP."""

import json
import re

import msgspec
import numpy as np
import pytest
from serving import CLASSES, HOSTILE, StandIn, make_index, picture, running

from scbch_jax import index
from scbch_jax.index import Index, Where
from scbch_jax.serve import messages, openapi, problems
from scbch_jax.serve.limits import Limits


def listed(found):
    return [(x["id"], x["distance"]) for x in found["hits"]]


def expected(hits):
    return list(zip(hits.ids[0].tolist(), hits.distances[0].tolist(), strict=True))


@pytest.mark.parametrize("find", ["image", "text"])
def test_a_search_by_item_is_that_of_the_index(served, find):
    opened = Index(served.path)
    hits = opened.search(opened.code(5, "image"), find=find, k=7)
    found = served.search(item=5, by="image", find=find, k=7)
    assert listed(found) == expected(hits)
    assert found["cut"] == hits.cut[0] > 0
    assert {x["modality"] for x in found["hits"]} == {find}
    assert found["exact"] is True
    assert found["encoder"] == StandIn.id
    first = found["hits"][0]
    assert first["name"] == f"row{first['id']}.png"
    assert first["labels"] == opened.record(first["id"])["labels"]


def test_both_modalities_are_merged_by_distance_id_and_modality(served):
    opened = Index(served.path)
    code = opened.code(5, "image")
    every = [
        (int(distance), int(item), modality)
        for modality in ("image", "text")
        for item, distance in zip(
            *[x[0] for x in opened.search(code, find=modality, k=200)[:2]], strict=True
        )
    ]
    every.sort()
    found = served.search(item=5, find="any", k=9)
    hits = [(x["distance"], x["id"], x["modality"]) for x in found["hits"]]
    assert hits == every[:9]
    tied = [x for x in every if x[0] == every[8][0]]
    assert found["cut"] == len(tied) - sum(x in hits for x in tied)


@pytest.mark.parametrize("find", ["image", "any"])
def test_pages_walk_every_item_once(served, find):
    seen, after = [], None
    for _ in range(20):
        found = served.search(item=5, find=find, k=37, after=after)
        seen += [(x["distance"], x["id"], x["modality"]) for x in found["hits"]]
        after = found["next"]
        if after is None:
            break
    assert len(seen) == (200 if find == "image" else 400)
    assert seen == sorted(set(seen))


def test_filters_apply_before_ranking(served):
    opened = Index(served.path)
    where = {"any_of": ["dog", "cat"], "none_of": ["sky"]}
    hits = opened.search(
        opened.code(5, "image"),
        find="text",
        k=6,
        where=Where(("dog", "cat"), (), ("sky",)),
    )
    found = served.search(item=5, find="text", k=6, where=where)
    assert listed(found) == expected(hits)
    for hit in found["hits"]:
        assert "sky" not in hit["labels"]
        assert {"dog", "cat"} & set(hit["labels"])


def test_within_is_a_largest_distance(served):
    found = served.search(item=5, find="text", k=200, within=5)
    distances = [x["distance"] for x in found["hits"]]
    assert distances
    assert max(distances) <= 5
    assert found["next"] is None


def test_codes_need_the_encoder_of_the_index(served):
    code = Index(served.path).code(5, "image").tobytes().hex()
    one = served.search(code=code, encoder=StandIn.id, k=4)
    assert one["hits"] == served.search(item=5, by="image", k=4)["hits"]
    both = served.search(codes=[code, "0000"], encoder=StandIn.id, k=4)
    assert both["results"][0]["hits"] == one["hits"]
    assert len(both["results"]) == 2
    for encoder in (None, "", "f" * 64):
        fields = {"code": code, "encoder": encoder}
        refused = served.post("/v1/search", fields)
        assert refused.problem == "encoder"
        assert StandIn.id in refused.json["detail"]


def test_words_and_pictures_get_the_codes_of_the_encoder(served):
    words = served.post("/v1/encode", {"text": "dog nowhere", "relaxed": True}).json
    known = StandIn().texts(["dog"])
    assert words["code"] == known.codes.tobytes().hex()
    assert words["unknown_words"] == ["nowhere"]
    assert np.allclose(words["relaxed"], known.relaxed[0])
    content = picture("green", "WEBP")
    target = "/v1/encode/picture?relaxed=true"
    shown = served.ask("POST", target, content, Content_Type="image/webp").json
    code = {"code": shown["code"], "encoder": StandIn.id}
    by_code = served.search(**code, k=5, find="text")
    target = "/v1/search/picture?k=5&find=text"
    by_picture = served.ask("POST", target, content, Content_Type="image/webp").json
    assert by_code == by_picture
    assert len(shown["relaxed"]) == 16


def test_words_are_searched_by_address_and_by_body(served):
    target = "/v1/search?text=dog%20nowhere&find=image&k=3&label=dog&label=cat"
    found = served.get(target).json
    where = {"any_of": ["dog", "cat"]}
    fields = {"text": "dog nowhere", "find": "image", "k": 3, "where": where}
    assert served.search(**fields) == found
    assert found["unknown_words"] == ["nowhere"]
    assert len(found["hits"]) == 3


@pytest.mark.parametrize("rank", ["query", "both"])
def test_ranks_are_those_of_the_index(served, rank):
    opened = Index(served.path)
    code, relaxed = opened.code(5, "image"), opened.relaxed(5, "image")
    ranked = index.search_ranked(opened, code, relaxed, rank=rank, find="text", k=6)
    found = served.search(item=5, by="image", find="text", k=6, rank=rank)
    assert listed(found) == expected(ranked.hits)
    assert np.allclose([x["score"] for x in found["hits"]], ranked.scores[0])
    either = served.search(item=5, by="image", find="any", k=6, rank=rank)
    scores = [x["score"] for x in either["hits"]]
    assert scores == sorted(scores, reverse=True)
    assert {x["modality"] for x in either["hits"]} == {"image", "text"}


def test_an_item_shows_its_row_and_its_picture(served):
    found = served.get("/v1/items/0").json
    assert found["text"] == HOSTILE
    assert found["codes"]["text"] == Index(served.path).code(0, "text").tobytes().hex()
    shown = served.get(found["picture"])
    assert shown.headers["content-type"] == "image/png"
    assert shown.body[:4] == b"\x89PNG"
    again = served.get(found["picture"], If_None_Match=shown.headers["etag"])
    assert (again.status, again.body) == (304, b"")


def test_the_facts_of_the_index(served):
    found = served.get("/v1/index").json
    opened = Index(served.path)
    assert found["items"] == opened.size
    assert found["labels"] == list(CLASSES)
    assert found["takes"] == ["image", "text"]
    assert found["ranks"] == ["bits", "query", "both"]
    assert found["limits"]["picture_bytes"] == Limits().picture_bytes


JSON = {"Content_Type": "application/json"}
PNG = {"Content_Type": "image/png"}
BIG = b"0" * 70_000
DEEP = b'{"where": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
REFUSED = [
    ("POST", "/v1/search", b"{", JSON, 400, "malformed"),
    ("POST", "/v1/search", b"", JSON, 400, "malformed"),
    ("POST", "/v1/search", b'{"text": "\xff"}', JSON, 400, "malformed"),
    ("POST", "/v1/search", DEEP, JSON, 422, "value"),
    ("POST", "/v1/search", b"[]", JSON, 422, "value"),
    ("POST", "/v1/search", b"{}", JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "text": "dog"}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "k": 0}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "k": 1001}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "k": %s}' % (b"9" * 6000), JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 999}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1e40}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "find": "sound"}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "colour": 1}', JSON, 422, "value"),
    ("POST", "/v1/search", b'{"item": 1, "within": -1}', JSON, 422, "value"),
    (
        "POST",
        "/v1/search",
        b'{"item": 1, "where": {"any_of": ["cow"]}}',
        JSON,
        422,
        "value",
    ),
    ("POST", "/v1/search", b'{"text": "cow"}', JSON, 422, "unknown-words"),
    ("POST", "/v1/search", b'{"text": ""}', JSON, 422, "unknown-words"),
    ("POST", "/v1/search", b'{"text": "dog", "by": "text"}', JSON, 422, "value"),
    ("POST", "/v1/search", BIG, JSON, 413, "too-large"),
    ("POST", "/v1/search", b"{}", {"Content_Type": "text/plain"}, 415, "media-type"),
    ("POST", "/v1/search", b"{}", {}, 415, "media-type"),
    ("GET", "/v1/search", None, {}, 422, "value"),
    ("GET", "/v1/search?text=dog&text=cat", None, {}, 422, "value"),
    ("GET", "/v1/search?text=dog&k=many", None, {}, 422, "value"),
    ("GET", "/v1/search?text=dog&colour=red", None, {}, 422, "value"),
    ("GET", f"/v1/search?text={'dog+' * 600}", None, {}, 422, "value"),
    ("POST", "/v1/search/picture", b"no picture", PNG, 422, "picture"),
    ("POST", "/v1/search/picture", picture()[:60], PNG, 422, "picture"),
    ("POST", "/v1/search/picture", picture(kind="BMP"), PNG, 422, "picture"),
    (
        "POST",
        "/v1/search/picture",
        b"x",
        {"Content_Type": "image/bmp"},
        415,
        "media-type",
    ),
    ("POST", "/v1/search/picture?k=0", picture(), PNG, 422, "value"),
    ("POST", "/v1/encode", b'{"text": 3}', JSON, 422, "value"),
    ("POST", "/v1/encode", b'{"relaxed": true}', JSON, 422, "value"),
    ("GET", "/v1/items/999", None, {}, 404, "not-found"),
    ("GET", "/v1/items/-1", None, {}, 404, "not-found"),
    ("GET", f"/v1/items/{'9' * 5000}", None, {}, 404, "not-found"),
    ("GET", "/v1/items/%C2%B2", None, {}, 404, "not-found"),
    ("GET", "/v1/items/77/picture", None, {}, 404, "not-found"),
    ("GET", "/problems/none", None, {}, 404, "not-found"),
    ("GET", "/v2", None, {}, 404, "not-found"),
    ("DELETE", "/v1/items/1", None, {}, 405, "method"),
]


@pytest.mark.parametrize(
    ("method", "target", "body", "headers", "status", "name"),
    REFUSED,
    ids=[f"{x[0]} {x[1][:30]} {(x[2] or b'')[:30]}" for x in REFUSED],
)
def test_what_is_refused(served, method, target, body, headers, status, name):
    answer = served.ask(method, target, body, **headers)
    assert (answer.status, answer.problem) == (status, name)
    detail = answer.json["detail"]
    assert ": got " in detail
    assert ", wanted " in detail
    assert len(detail) < 500
    assert str(served.path) not in detail
    assert served.get("/health/ready").status == 200


def test_a_method_that_is_not_allowed_is_told_those_that_are(served):
    allowed = served.ask("DELETE", "/v1/search").headers["allow"]
    assert set(allowed.split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("target", ["/v1/search/", "/v1/items/1/", "/problems/busy/"])
def test_no_request_is_sent_to_another_path(served, target):
    answer = served.get(target)
    assert (answer.status, answer.problem) == (404, "not-found")


@pytest.mark.parametrize("wanted", ["bytes=0-9", "bytes=9999999-", "bytes=x", "rows=1"])
def test_a_picture_is_sent_as_a_whole(served, wanted):
    whole = served.get("/v1/items/1/picture")
    assert whole.headers["accept-ranges"] == "none"
    part = served.get("/v1/items/1/picture", Range=wanted)
    assert (part.status, part.body) == (200, whole.body)


def test_a_picture_that_the_client_has_is_not_sent_again(served):
    tag = served.get("/v1/items/1/picture").headers["etag"]
    again = served.get("/v1/items/1/picture", If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")
    operation = openapi.document()["paths"]["/v1/items/{id}/picture"]["get"]
    assert "304" in operation["responses"]


@pytest.mark.parametrize("target", ["/v1/search/picture", "/v1/encode/picture"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_with_more_pixels_than_allowed_is_not_decoded(served, target, kind):
    content = picture(1, size=(8000, 6000), mode="L", kind=kind)
    assert len(content) < 1_000_000
    head = {"Content_Type": f"image/{kind.lower()}"}
    answer = served.ask("POST", target, content, **head)
    assert answer.problem == "picture"
    assert "8000 x 6000 pixels are more than" in answer.json["detail"]
    assert served.get("/health/ready").status == 200


def test_too_many_hits_of_all_codes_are_refused(served):
    fields = {"codes": ["0000"] * 200, "k": 200, "encoder": StandIn.id}
    assert served.post("/v1/search", fields).problem == "value"
    fields["k"] = 1
    assert len(served.search(**fields)["results"]) == 200


def test_a_body_in_pieces_is_read_up_to_the_limit(served):
    def pieces():
        for _ in range(80):
            yield b"x" * 1000

    answer = served.ask("POST", "/v1/search", pieces(), **JSON)
    assert answer.problem == "too-large"


def test_an_index_without_an_encoder_is_searched_by_item_and_code(tmp_path):
    path = make_index(tmp_path / "index", encoder="")
    with running(path) as served:
        assert len(served.search(item=5)["hits"]) == 10
        assert len(served.search(code="00ff")["hits"]) == 10
        assert served.get("/v1/search?text=dog").problem == "encoder"
        answer = served.ask("POST", "/v1/search/picture", picture(), **PNG)
        assert answer.problem == "encoder"
        assert served.get("/v1/index").json["takes"] == []
        refused = served.post("/v1/search", {"code": "00ff", "encoder": "another"})
        assert refused.problem == "encoder"


def template_of(target):
    """The path of the contract that a target belongs to."""
    path = re.sub(r"/items/[^/]+", "/items/{id}", target.partition("?")[0])
    return re.sub(r"/problems/[^/]+", "/problems/{name}", path)


def test_every_refusal_is_in_the_contract(served):
    contract = served.get("/openapi.json").json
    assert contract == json.loads(messages.encode(openapi.document()))
    known = 0
    for method, target, _, _, status, _ in REFUSED:
        operations = contract["paths"].get(template_of(target), {})
        if operation := operations.get(method.lower()):
            known += 1
            assert str(status) in operation["responses"], (method, target)
    assert known > len(REFUSED) - 5


def test_the_contract_refers_to_schemas_that_it_has(served):
    text = served.get("/openapi.json").body.decode()
    contract = json.loads(text)
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(contract["components"]["schemas"])
    for kind in (messages.SearchAnswer, messages.Item, messages.ProblemDetails):
        assert kind.__name__ in used
        assert msgspec.json.schema(kind)


def test_kinds_of_problems_are_explained(served):
    for name, kind in problems.KINDS.items():
        found = served.get(f"/problems/{name}").json
        assert found["status"] == kind.status
        assert found["meaning"] == kind.meaning


def test_metrics_count_requests_and_stages(served):
    served.search(item=5)
    text = served.get("/metrics").body.decode()
    lines = dict(
        line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")
    )
    searches = 'scbch_requests_total{method="POST",route="/v1/search",status="200"}'
    assert float(lines[searches]) > 1
    assert float(lines['scbch_stage_seconds_count{stage="search"}']) > 1
    assert float(lines["scbch_index_items"]) == 200
    assert float(lines["scbch_index_generation"]) == 1
    assert f'scbch_encoder_info{{id="{StandIn.id}"}}' in lines
    assert float(lines["process_resident_memory_bytes"]) > 0


def test_the_log_has_a_line_without_queries_for_each_request(served):
    served.post("/v1/search", {"text": "dog secret"})
    # A line is written after the answer was sent.
    assert served.get("/health/live").status == 200
    lines = [json.loads(line) for line in served.log]
    last = [x for x in lines if x["route"] == "/v1/search"][-1]
    assert last["status"] == 200
    assert last["search_ms"] > 0
    assert "secret" not in "".join(served.log)
