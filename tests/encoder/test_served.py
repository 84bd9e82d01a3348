"""An index with its encoder over HTTP: one input has one code by every way."""

import pytest
from serving import picture, running

from scbch_jax import encoder
from scbch_jax.cli import program
from scbch_jax.index import Index

PNG = {"Content_Type": "image/png"}


@pytest.fixture(scope="module")
def raw(of_words, tmp_path_factory):
    """An index of raw pictures and texts that is served."""
    path = tmp_path_factory.mktemp("raw") / "index"
    words = ["index", "build", of_words / "run", of_words / "pictures", "--relaxed"]
    assert program.main([*map(str, words), "--out", str(path)]) == 0
    with running(path, encoder=encoder.open_encoder(path)) as found:
        yield found


def test_words_and_pictures_have_the_codes_of_the_index(raw, of_words):
    opened = Index(raw.path)
    row = opened.record(3)
    content = (of_words / "pictures" / row["picture"]).read_bytes()
    shown = raw.ask("POST", "/v1/encode/picture", content, **PNG).json
    assert shown["code"] == opened.code(3, "image").tobytes().hex()
    words = raw.post("/v1/encode", {"text": row["text"]}).json
    assert words["code"] == opened.code(3, "text").tobytes().hex()
    assert words["encoder"] == opened.manifest.encoder
    by_words = raw.search(text=row["text"], find="any", k=9, rank="bits")
    by_item = raw.search(item=3, by="text", find="any", k=9)
    assert by_words["hits"] == by_item["hits"]


def test_words_and_pictures_that_mean_nothing_are_refused(raw):
    assert raw.get("/v1/search?text=qwertz").problem == "unknown-words"
    assert raw.get("/v1/search?text=red+qwertz").json["unknown_words"] == ["qwertz"]
    for content in (b"", b"GIF89a", picture(1, size=(8000, 6000), mode="1")):
        answer = raw.ask("POST", "/v1/search/picture", content, **PNG)
        assert answer.problem == "picture"
        assert answer.json["detail"].startswith("picture: got ")


def test_pictures_of_the_index_are_shown(raw, of_words):
    hit = raw.search(text="red", find="image", k=1)["hits"][0]
    shown = raw.get(hit["picture"])
    assert shown.body == (of_words / "pictures" / hit["name"]).read_bytes()
    assert shown.headers["content-type"] == "image/png"
    assert "<img src=" in raw.get("/?text=red").body.decode()


def test_the_index_takes_what_its_encoder_takes(raw):
    assert sorted(raw.get("/v1/index").json["takes"]) == ["image", "text"]
    assert "Words to try" in raw.get("/").body.decode()
