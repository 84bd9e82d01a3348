"""Indexes of raw pictures and texts, searched by words and pictures, as commands."""

import base64
import json
import re
import shutil
from pathlib import Path

import numpy as np
import picture_folders
import pytest
from command_line import error_line

from scbch_jax import encoder
from scbch_jax.cli import program
from scbch_jax.index import Index


def run(words, code=0):
    assert program.main(words.split()) == code


def found(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def link(source, folder):
    for path in source.iterdir():
        if path.name != "index":
            (folder / path.name).symlink_to(path)


@pytest.fixture
def there(of_words, tmp_path, monkeypatch, capsys):
    """A folder with pictures, store and run, and an index of them."""
    monkeypatch.chdir(tmp_path)
    link(of_words, tmp_path)
    if not (of_words / "index").exists():
        run(f"index build run pictures --out {of_words / 'index'}")
    shutil.copytree(of_words / "index", tmp_path / "index")
    capsys.readouterr()
    return tmp_path


def change_record(run, folder, extractors):
    """A copy of a run that says something else made its features."""
    folder.mkdir()
    for path in run.iterdir():
        (folder / path.name).symlink_to(path)
    record = json.loads((run / "run.json").read_text())
    (folder / "run.json").unlink()
    (folder / "run.json").write_text(json.dumps({**record, "extractors": extractors}))


def codes_of(path):
    (part,) = Index(Path(path)).segments
    return {modality: np.asarray(codes) for modality, codes in part.codes.items()}


@pytest.mark.parametrize("kind", ["of_words", "of_doc2vec"])
def test_a_picture_and_a_text_have_one_code_by_every_way(
    request, kind, tmp_path, monkeypatch, capsys
):
    """By features and encode, in an index, by its encoder, and in a search."""
    monkeypatch.chdir(tmp_path)
    link(request.getfixturevalue(kind), tmp_path)
    run("features images pictures --network descriptor --out image.npz")
    run("features texts pictures --model store.model --out text.npz")
    for modality in ("image", "text"):
        features, out = f"{modality}.npz", f"{modality}-codes.npz"
        run(f"encode run --features {features} --relaxed --out {out}")
    run("index build run pictures --relaxed --out index")
    in_index, opened = codes_of("index"), encoder.open_encoder(tmp_path / "index")
    picture = [opened.read_picture(tmp_path / "pictures" / "003.png")]
    text = (tmp_path / "pictures" / "003.txt").read_text()
    for modality, by_hand in (
        ("image", opened.pictures(picture)),
        ("text", opened.texts([text])),
    ):
        written = np.load(f"{modality}-codes.npz")
        assert written["encoder"][0] == opened.id
        np.testing.assert_array_equal(written[modality], in_index[modality])
        np.testing.assert_array_equal(by_hand.codes, in_index[modality][3:4])
        capsys.readouterr()
        words = {"image": ["--picture", "pictures/003.png"], "text": ["--text", text]}
        how = ["--find", modality, "--k", "24", "--rank", "both", "--json"]
        assert program.main(["search", "index", *words[modality], *how]) == 0
        by_raw = found(capsys)
        run(f"search index --item 3 --by {modality} {' '.join(how)}")
        by_item = found(capsys)
        assert [x["distance"] for x in by_raw if x["id"] == 3] == [0]
        assert sorted(map(str, by_raw[0])) == sorted(map(str, by_item[0]))
        distances = [
            {x["id"]: x["distance"] for x in hits} for hits in (by_raw, by_item)
        ]
        assert distances[0] == distances[1]


def test_codes_of_another_run_are_refused_at_every_door(there, capsys):
    run("encode run --seed 1 --out other.npz")
    run("index build run pictures --seed 1 --out other")
    run("features texts pictures --min-count 3 --out texts.npz")
    run("features all pictures --network descriptor --min-count 3 --out others")
    before = (there / "index" / "index.json").read_bytes()
    for words, message in (
        ("index add index other.npz", "encoder: got "),
        ("search index --queries other.npz", "encoder: got "),
        ("search index --text red --encoder other", "encoder: got "),
        ("search other --picture pictures/000.png --encoder index", "encoder: got "),
        ("index add index store --run other-run", "run: got other-run"),
        ("index add index others --run run", "text: got features of "),
        ("index build run others --out new", "text: got features of "),
        ("encode run --features texts.npz", "text: got features of "),
        ("encode run --root others", "text: got features of "),
        (
            "index build run pictures --text-model others.model --out new",
            "text_model: got others.model with SHA-256",
        ),
    ):
        capsys.readouterr()
        assert message in error_line(capsys, *words.split())
    assert (there / "index" / "index.json").read_bytes() == before
    shutil.rmtree(there / "index" / "encoder")
    shutil.copytree(there / "other" / "encoder", there / "index" / "encoder")
    assert "encoder: got " in error_line(capsys, "search", "index", "--text", "red")
    run("index verify index", code=1)


def test_words_find_pictures_with_all_that_is_known_of_them(there, capsys):
    run("search index --text red --k 24 --json")
    hits = found(capsys)
    assert len(hits) == 24
    hit = next(x for x in hits if x["name"] == "007.png")
    text = (there / "pictures" / "007.txt").read_text().strip()
    labels = sorted((there / "pictures" / "007.labels").read_text().split())
    assert (hit["picture"], hit["text"]) == ("007.png", text)
    assert sorted(hit["labels"]) == labels
    of_row, of_hit = {"name", "picture", "text", "labels"}, {"query", "distance", "id"}
    assert set(hit) == of_row | of_hit | {"cut"}
    assert program.main(["search", "index", "--text", "red zebra", "--k", "1"]) == 0
    said = capsys.readouterr()
    assert said.err == "text: the encoder does not know zebra\n"
    assert said.out.startswith("| query | distance | id |")
    run("search index --text red --find text --k 1 --json")
    assert "red" in found(capsys)[0]["text"]


def test_a_page_of_a_search_needs_no_other_file(there, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    run("search index --text <b>red --k 3 --page words.html")
    assert opened == []
    words = (there / "words.html").read_text()
    assert "Words: <b>&lt;b&gt;red</b>" in words
    pictures = re.findall(r'<img src="data:image/png;base64,([^"]+)"', words)
    names = re.findall(r'class="name">([^<]+)<', words)
    assert len(pictures) == len(names) == 3
    for name, picture in zip(names, pictures, strict=True):
        path = there / "pictures" / name
        assert base64.b64decode(picture) == path.read_bytes()
    run("search index --picture pictures/000.png --k 2 --page picture.html --open")
    assert opened == [(there / "picture.html").absolute().as_uri()]
    picture = (there / "picture.html").read_text()
    assert picture.count("<img") == 1
    assert picture.count('class="card"') == 2
    run("search index --name 000.png --find image --page item.html")
    item = (there / "item.html").read_text()
    assert "Searched with the picture of 000.png" in item
    run("search index --text red --page ranked.html --rank query")
    assert "By cosine with hash codes" in (there / "ranked.html").read_text()
    run("search index --item 0 --within 0 --none-of red green blue --page none.html")
    none = (there / "none.html").read_text()
    for page in (words, picture, item, none):
        assert not re.search(r"<(script|link|a|form)\b|https?:", page)


def test_a_page_is_a_temporary_file_if_it_is_only_opened(there, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.tempdir", str(there))
    capsys.readouterr()
    run("search index --text red --open")
    path = Path(capsys.readouterr().out.strip())
    assert opened == [path.as_uri()]
    assert path.parent.parent == there
    assert path.read_text().startswith("<!doctype html>")


def test_pictures_are_added_to_an_index(there, capsys):
    more = picture_folders.draw(there / "more", count=3, seed=1)
    for path in sorted(more.iterdir()):
        path.rename(path.with_stem(f"new{path.stem}"))
    (more / "new000.labels").write_text("zebra\nred\n")
    run("index add index more")
    said = capsys.readouterr()
    assert said.out == "index: 3 rows added, ids 24 to 26\n"
    assert "labels: 1 label left out that the index has not: zebra" in said.err
    again = error_line(capsys_after(capsys), "index", "add", "index", "more")
    assert again.endswith(
        "names: got new000.png, wanted names that are not in the "
        "index (--replace replaces their rows)\n"
    )
    run("index add index more --replace")
    capsys.readouterr()
    run("search index --picture more/new000.png --find image --k 40 --within 0 --json")
    hit = next(x for x in found(capsys) if x["id"] == 27)
    assert (hit["name"], hit["labels"]) == ("new000.png", ["red"])
    opened = Index(there / "index")
    assert opened.picture_file(27) == (more / "new000.png").resolve()
    assert opened.picture_file(3) == (there / "pictures" / "003.png").resolve()
    run("index compact index")
    assert Index(there / "index").picture_file(28).name == "new001.png"
    assert not (there / "index.partial").exists()
    run("index verify index")


def capsys_after(capsys):
    capsys.readouterr()
    return capsys


def test_no_file_is_shown_that_is_elsewhere_or_no_picture(there):
    pictures = there / "mine"
    picture_folders.draw(pictures, count=3)
    run("index build run mine --out new")
    opened = Index(there / "new")
    assert opened.picture_file(0) is not None
    shutil.copy(pictures / "000.png", there / "secret.png")
    (pictures / "000.png").unlink()
    (pictures / "000.png").symlink_to(there / "secret.png")
    (pictures / "001.png").write_bytes(b"root:x:0:0")
    (pictures / "002.png").unlink()
    assert [opened.picture_file(i) for i in range(3)] == [None] * 3
    line = '{"name": "a", "picture": "../secret.png", "root": 0}'
    rows = there / "new" / "segments" / "00000001" / "rows.jsonl"
    assert rows.is_file()
    (there / "lines.jsonl").write_text(f"{line}\n" * 2)
    np.savez("two.npz", image=np.zeros((2, 4), np.uint8), names=np.array(["a", "b"]))
    (there / "lines.jsonl").write_text(line + "\n" + line.replace('"a"', '"b"') + "\n")
    run("index build two.npz --rows lines.jsonl --root mine --out two")
    assert Index(there / "two").picture_file(0) is None
    run("index build two.npz --rows lines.jsonl --out none")
    assert Index(there / "none").picture_file(0) is None


def test_a_store_gives_the_same_index_without_reading_pictures(there, capsys):
    run("index build run store --root pictures --out new")
    ours, new = Index(there / "index"), Index(there / "new")
    assert new.manifest.encoder == ours.manifest.encoder
    assert new.manifest.encoder_files == ours.manifest.encoder_files
    for modality, codes in codes_of("index").items():
        np.testing.assert_array_equal(codes_of("new")[modality], codes)
    assert new.picture_file(3) == ours.picture_file(3)
    assert new.record(3).items() >= ours.record(3).items()


def test_pictures_alone_and_texts_alone_are_an_index(there, capsys):
    alone = there / "alone"
    alone.mkdir()
    shutil.copy(there / "pictures" / "000.png", alone)
    run("index build run alone --out images")
    (there / "texts.csv").write_text("text\na red square\nblue\n")
    run("index build run texts.csv --out texts")
    said = capsys.readouterr().out
    assert "images: 1 rows, 32 bits, image" in said
    assert "texts: 2 rows, 32 bits, text" in said
    run("search images --text red --json")
    run("search texts --text red --json")
    image, *texts = found(capsys)
    assert (image["name"], image.get("labels")) == ("000.png", None)
    assert {x["text"] for x in texts} == {"a red square", "blue"}
    run("index add images pictures --replace")
    assert Index(there / "images").size == 24


def test_an_index_in_a_database_or_of_codes_takes_the_encoder_of_another(there, capsys):
    run("encode run --out codes.npz")
    run("index build codes.npz --out of-codes")
    said = error_line(capsys_after(capsys), "search", "of-codes", "--text", "red")
    assert "encoder: got no encoder in of-codes, wanted one of index build" in said
    run("search of-codes --text red --encoder index --k 2 --json")
    assert len(found(capsys)) == 2


@pytest.mark.errors
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("search index --text zebra", "text: got 'zebra', without a word"),
        ("search index --picture pictures/000.txt", "picture: got pictures/000.txt"),
        ("search index --picture none.png", "picture: got none.png"),
        ("search index --text red --picture x.png", "query: got --text and --picture"),
        ("search index --text red --by image", "by: got image with --text, wanted"),
        ("search index --item 0 --weights w.pt", "weights: got w.pt, wanted --text or"),
        ("search index --text red --weights w.pt", "weights: got w.pt, wanted none"),
        ("search postgresql://h/d --text red", "encoder: got none in a database"),
        ("index build run pictures --out index", "out: got index, which exists"),
        ("index build run pictures --run run --out new", "run: got run with pictures"),
        ("index build run pictures --rows a --out new", "rows: got a with pictures"),
        ("index build run pictures --workers 2 --out new", "workers: got 2 with"),
        ("index build store pictures --out new", "run: got store, wanted the folder"),
        ("index build run none --out new", "features: got none, wanted"),
        ("index build run run --out new", "source: got run without pictures"),
        ("index build run pictures --text-model x --out new", "model: got x, wanted"),
        ("index build run pictures --weights x --out new", "weights: got x, wanted"),
        (
            "index build of-vgg19 pictures --out new",
            "weights: got none, wanted --weights",
        ),
        ("index build unknown pictures --out new", "weights: got none, wanted a run"),
        ("index add index run", "source: got run without pictures"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(there, capsys, words, message):
    vgg19 = {"image": f"vgg19 fc7, weights {'0' * 64}"}
    for name, extractors in (("of-vgg19", vgg19), ("unknown", {})):
        change_record(there / "run", there / name, extractors)
    before = (there / "index" / "index.json").read_bytes()
    assert message in error_line(capsys, *words.split())
    assert (there / "index" / "index.json").read_bytes() == before
    assert not (there / "new").exists()
