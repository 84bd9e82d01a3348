"""An index from codes: built, searched, changed and checked on the command line."""

import json

import numpy as np
import pytest
from command_line import error_line

from scbch_jax.cli import program
from scbch_jax.index import FlatIndex, opening


def write_codes(path, count, *, seed=0, prefix="row", **more):
    random = np.random.default_rng(seed)
    codes = {m: random.integers(0, 4, (count, 8), np.uint8) for m in ("image", "text")}
    labels = (random.random((count, 3)) < 0.5).astype(np.uint8)
    names = np.array([f"{prefix}{i}" for i in range(count)])
    np.savez(path, **codes, labels=labels, names=names, **more)
    return codes


@pytest.fixture
def folder(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    codes = write_codes("codes.npz", 60)
    write_codes("more.npz", 5, seed=1, prefix="new")
    np.savez("none.npz", image=np.zeros((0, 8), np.uint8))
    np.savez("unnamed.npz", **codes, labels=np.ones((60, 3), np.uint8))
    write_codes("numbered.npz", 5, classes=np.arange(3))
    write_codes("turned.npz", 5, prefix="t", classes=np.array(["dog", "cow", "cat"]))
    run("index build codes.npz --out index --classes cat dog sky")
    assert "index: 60 rows, 64 bits, image and text" in capsys.readouterr().out
    return tmp_path


def run(words, code=0):
    assert program.main(words.split()) == code


def found(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("engine", ["flat", "device"])
def test_a_search_prints_the_hits_of_the_flat_engine(folder, capsys, engine):
    codes = np.load("codes.npz")
    words = f"--by text --find image --k 3 --engine {engine}"
    run(f"search index --queries codes.npz --json {words}")
    hits = FlatIndex(codes["image"]).search(codes["text"], k=3)
    lines = found(capsys)
    assert [line["id"] for line in lines] == hits.ids.ravel().tolist()
    assert [line["distance"] for line in lines] == hits.distances.ravel().tolist()
    assert lines[0]["name"] == f"row{hits.ids[0, 0]}"
    assert [line["cut"] for line in lines] == np.repeat(hits.cut, 3).tolist()


def test_one_row_of_a_file_is_searched(folder, capsys):
    run("search index --queries codes.npz --k 3 --json")
    expected = [line for line in found(capsys) if line["query"] == 7]
    run("search index --queries codes.npz --row 7 --k 3 --json")
    assert found(capsys) == [{**line, "query": 0} for line in expected]
    run(f"search index --queries codes.npz --row 7 --after {expected[0]['distance']} 0")


def test_large_searches_use_an_accelerator_if_there_is_one(folder, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "scbch_jax.index.reader.Index.with_engine",
        lambda self, engine: opened.append(engine) or self,
    )
    run("search index --queries codes.npz")
    monkeypatch.setattr(opening, "LARGE_SEARCH", 60 * 60)
    run("search index --queries codes.npz")
    monkeypatch.setattr("jax.default_backend", lambda: "gpu")
    run("search index --queries codes.npz")
    run("search index --queries codes.npz --engine flat")
    assert opened == ["flat", "flat", "device"]


def test_rows_are_added_replaced_removed_and_found_by_name(folder, capsys):
    run("index add index more.npz")
    run("index add index more.npz --replace")
    run("index remove index --names row3 new1 --ids 0")
    run("index info index --json")
    said = capsys.readouterr().out.splitlines()
    assert said[:2] == [
        "index: 5 rows added, ids 60 to 64",
        "index: 5 rows added, ids 65 to 69, 5 rows of the same names removed",
    ]
    assert said[2] == "index: 3 rows removed, 62 left"
    facts = json.loads(said[3])
    assert (facts["rows"], facts["removed"], facts["segments"]) == (62, 8, 3)
    run("search index --name new2 --find image --k 1 --json")
    before = found(capsys)
    assert before == [{**before[0], "id": 67, "distance": 0, "name": "new2"}]
    run("index compact index")
    assert "62 rows in one segment" in capsys.readouterr().out
    run("search index --name new2 --find image --k 1 --json")
    assert found(capsys) == before
    run("index verify index")


def test_filters_pages_and_the_rest_at_the_last_distance(folder, capsys):
    run("search index --item 5 --k 60 --all-of cat sky --json")
    lines = found(capsys)
    assert lines
    assert all({"cat", "sky"} <= set(line["labels"]) for line in lines)
    last = lines[1]
    words = f"--all-of cat sky --after {last['distance']} {last['id']}"
    run(f"search index --item 5 --k 60 --json {words}")
    assert found(capsys) == lines[2:]
    run("search index --item 5 --within 0 --find text --none-of cat dog sky")
    assert capsys.readouterr().out == "nothing found\n"


def test_an_approximate_engine_is_built_named_measured_and_dropped(folder, capsys):
    pytest.importorskip("faiss", reason="FAISS is not installed")
    run("index engine index faiss-ivf --lists 2 --probes 2 --seed 3")
    assert capsys.readouterr().out.startswith("index: faiss-ivf, ")
    run("index info index --json")
    facts = json.loads(capsys.readouterr().out)
    assert [facts[x] for x in ("engine", "lists", "probes")] == ["faiss-ivf", 2, 2]
    run("index verify index --recall 20")
    said = capsys.readouterr().out.splitlines()
    assert said[1:] == ["image: recall@10 1.0000", "text: recall@10 1.0000"]
    run("search index --item 5 --find image --k 1 --engine faiss-ivf --json")
    assert [line["distance"] for line in found(capsys)] == [0]
    run("index engine index none")
    assert capsys.readouterr().out == "index: no approximate engine\n"
    message = "wanted one that is there: scbch index engine index faiss-ivf makes it"
    said = error_line(capsys, "search", "index", "--item", "5", "--engine", "faiss-ivf")
    assert message in said
    run("index verify index --recall 5", code=2)
    assert message in capsys.readouterr().err


def test_hits_are_written_to_a_file(folder):
    run("search index --queries more.npz --k 4 --threads 2 --out hits.npz")
    hits = np.load("hits.npz")
    assert hits["ids"].shape == hits["distances"].shape == (5, 4)
    assert hits["cut"].shape == (5,)


def test_a_damaged_file_is_named_and_the_exit_code_is_1(folder, capsys):
    file = folder / "index" / "segments" / "00000001" / "text.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    run("index verify index", code=1)
    assert capsys.readouterr().out.endswith("segments/00000001/text.npy\n")


def test_an_index_of_a_run_knows_its_encoder_and_its_rows(trained, folder, capsys):
    run_folder, _ = trained
    run(f"encode {run_folder} --out run.npz")
    run(f"encode {run_folder} --part query --out query.npz")
    width = np.load("run.npz")["image"].shape[1]
    run("index build run.npz --out of-run")
    run("search of-run --queries query.npz --k 2 --out hits.npz")
    assert np.load("hits.npz")["ids"].shape == (300, 2)
    other = np.zeros((2, width), np.uint8)
    np.savez("other.npz", image=other, text=other, encoder=np.array(["0" * 64]))
    said = error_line(
        capsys_after(capsys), "search", "of-run", "--queries", "other.npz"
    )
    assert "encoder: got 000000000000, wanted" in said


@pytest.fixture
def ranked(folder, capsys):
    """Files with relaxed codes, and an index of one of them."""
    random = np.random.default_rng(3)
    for name, count, prefix in (("all", 60, "row"), ("few", 3, "new")):
        relaxed = {m: random.normal(size=(count, 64)) for m in ("image", "text")}
        codes = {m: np.packbits(x > 0, axis=1) for m, x in relaxed.items()}
        relaxed = {f"relaxed_{m}": x.astype(np.float32) for m, x in relaxed.items()}
        labels = (random.random((count, 3)) < 0.5).astype(np.uint8)
        names = np.array([f"{prefix}{i}" for i in range(count)])
        np.savez(f"{name}.npz", **codes, **relaxed, labels=labels, names=names)
    run("index build all.npz --out ranked")
    capsys.readouterr()


@pytest.mark.parametrize("rank", ["query", "both"])
def test_hits_are_ranked_by_score_in_every_form(ranked, capsys, rank):
    words = (
        f"search ranked --queries few.npz --by text --find image --rank {rank} --k 4"
    )
    run(f"{words} --json --pool 8")
    lines = found(capsys)
    scores = np.reshape([line["score"] for line in lines], (3, 4))
    assert (np.diff(scores, axis=1) <= 0).all()
    files = [np.load(f"{name}.npz") for name in ("few", "all")]
    queries, items = (
        x / np.linalg.norm(x, axis=1)[:, None]
        for x in (
            files[0]["relaxed_text"],
            files[1]["relaxed_image"]
            if rank == "both"
            else np.unpackbits(files[1]["image"], axis=1) * 2.0 - 1,
        )
    )
    ids = np.reshape([line["id"] for line in lines], (3, 4))
    wanted = np.take_along_axis(queries @ items.T, ids, axis=1)
    np.testing.assert_allclose(scores, wanted, rtol=0, atol=5e-3)
    run(f"{words} --pool 8 --out hits.npz")
    written = np.load("hits.npz")
    np.testing.assert_array_equal(written["ids"], ids)
    np.testing.assert_array_equal(written["scores"].round(4), scores)
    capsys.readouterr()
    run(f"{words} --pool 8")
    assert capsys.readouterr().out.startswith("| query | distance | id |  score |")


def test_an_item_is_a_query_with_its_own_relaxed_code(ranked, capsys):
    run("search ranked --name row5 --find image --rank both --k 2 --json")
    best = found(capsys)[0]
    assert (best["id"], best["distance"], best["score"]) == (5, 0, 1.0)
    run("search ranked --item 5 --find image --rank both --within 0 --json")
    assert found(capsys) == [best]


def test_relaxed_codes_are_kept_or_left_out_as_the_index_does(ranked, capsys):
    run("index add ranked few.npz")
    run("index add index few.npz")
    assert capsys.readouterr().out.splitlines() == [
        "ranked: 3 rows added, ids 60 to 62",
        "index: 3 rows added, ids 60 to 62, without relaxed codes as the index",
    ]
    run("index info ranked --json")
    run("index info index --json")
    assert [x["relaxed"] for x in found(capsys)] == [["image", "text"], []]
    run("search index --queries few.npz --rank query --k 1 --out hits.npz")
    run("index verify ranked")


@pytest.mark.errors
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "search ranked --queries codes.npz --rank query",
            "rank: got query, but no relaxed codes in codes.npz, wanted those that",
        ),
        (
            "search index --item 0 --rank query",
            "rank: got query, but no relaxed codes in index, wanted those that encode",
        ),
        (
            "search index --queries few.npz --rank both",
            "rank: got both, but no relaxed codes in index, wanted those that encode",
        ),
        (
            "search ranked --item 0 --rank both --after 1 2",
            "after: got --after with --rank both, wanted --rank bits",
        ),
        (
            "search ranked --item 0 --rank both --k 301",
            "k: got 301, wanted at most the",
        ),
        (
            "search ranked --item 0 --pool 0",
            "pool: got 0, wanted a whole number from 1",
        ),
        (
            "index add ranked more.npz",
            "relaxed: got codes without relaxed ones, wanted those that encode",
        ),
        (
            "evaluate codes.npz codes.npz --rank query",
            "rank: got no relaxed codes of the queries of i2t, wanted those that",
        ),
        (
            "evaluate all.npz codes.npz --rank both",
            "rank: got no relaxed codes of the items of i2t, wanted those that encode",
        ),
    ],
)
def test_ranks_without_what_they_need_are_one_line(ranked, capsys, words, message):
    assert message in error_line(capsys, *words.split())


@pytest.mark.errors
@pytest.mark.parametrize("encoder", [np.array([], "U1"), np.array("ab"), np.ones(1)])
def test_an_encoder_that_is_no_text_is_refused(folder, capsys, encoder):
    write_codes("wrong.npz", 3, prefix="other", encoder=encoder)
    said = error_line(capsys_after(capsys), "index", "add", "index", "wrong.npz")
    assert "encoder: got" in said
    assert "wanted one text, as encode writes it" in said


def capsys_after(capsys):
    capsys.readouterr()
    return capsys


def test_records_come_from_json_lines(folder, capsys):
    lines = [{"text": f"caption {i}", "source": i} for i in range(60)]
    (folder / "lines.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    run("index build codes.npz --rows lines.jsonl --out told")
    run("search told --item 7 --find image --k 1 --by image --json")
    (hit,) = capsys.readouterr().out.splitlines()[1:]
    assert json.loads(hit).items() >= {"text": "caption 7", "source": 7}.items()


@pytest.mark.errors
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("search index", "query: got none, wanted one of --text, --picture, --queries"),
        ("search index --item 0 --name x", "query: got --item and --name, wanted one"),
        ("search index --item 0 --json --out x.npz", "output: got --json with --out"),
        ("search index --item 0 --open --json", "output: got --json with --page or"),
        ("search index --item 0 --page x.txt", "page: got x.txt"),
        ("search index --queries codes.npz --page x.html", "page: got a page of"),
        ("search index --queries codes.npz --after 1 2", "after: got a page of 60"),
        ("search index --item 60", "id: got 60, wanted the id of an item of index"),
        ("search index --item 0 --any-of", "any_of: got nothing, wanted one name or"),
        ("search index --queries none.npz", "queries: got none.npz without rows"),
        ("search index --queries codes.npz --row 60", "row: got 60, wanted a row of"),
        ("search index --item 0 --row 1", "row: got --row with --item, wanted --row"),
        ("index add index unnamed.npz --replace", "replace: got unnamed.npz without"),
        ("search index --name x", "name: got x, wanted a name that is in index"),
        ("search index --item 0 --any-of fish", "labels: got fish, wanted one of cat"),
        ("search index --item 0 --after 3", "after: got another number of values"),
        ("search . --item 0", "index: got ., wanted the folder of an index"),
        ("index add index codes.npz", "names: got row0, wanted names that are not"),
        ("index remove index --names x", "names: got x, wanted a name that is in"),
        ("index build codes.npz --out index", "cannot write index: it exists already"),
        ("index build codes.npz --out new --classes a", "classes: got 1, wanted 3"),
        ("index engine index faiss-ivf --lists 0", "lists: got 0, wanted a whole"),
        ("index engine index faiss-ivf --seed -1", "seed: got -1, wanted a whole"),
        (
            "index verify index --recall -1",
            "recall: got -1, wanted a whole number from 0",
        ),
        ("index build more.npz --rows index --out new", "rows: got more.npz without"),
        ("index add index turned.npz", "classes: got dog in column 0, wanted 1, as in"),
        ("index build numbered.npz --out new", "classes: got int64 of shape (3,) in"),
    ],
)
def test_bad_input_is_one_line_and_changes_nothing(folder, capsys, words, message):
    before = (folder / "index" / "index.json").read_bytes()
    assert message in error_line(capsys, *words.split())
    assert (folder / "index" / "index.json").read_bytes() == before
    assert not (folder / "new").exists()
