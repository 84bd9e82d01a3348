"""evaluate and compare on files of codes, in the layouts of published code."""

import csv
import json

import h5py
import numpy as np
import pytest
import scipy.io

from scbch_jax import retrieval
from scbch_jax.cli import program

QUERIES, ITEMS, BITS = 12, 40, 16


@pytest.fixture
def sets():
    """Signs, labels, and which parts they are, in the package's own names."""
    rng = np.random.default_rng(2)
    arrays = {
        f"{side}_{modality}": rng.integers(0, 2, (n, BITS)) * 2 - 1
        for side, n in (("query", QUERIES), ("database", ITEMS))
        for modality in ("image", "text")
    }
    for side, n in (("query", QUERIES), ("database", ITEMS)):
        arrays[f"{side}_labels"] = (rng.random((n, 5)) < 0.4).astype(np.uint8)
    return arrays


def wanted(sets):
    packed = {k: np.packbits(a > 0, axis=1) for k, a in sets.items()}
    labels = (sets["query_labels"] * 1.0, sets["database_labels"] * 1.0)
    return {
        way: retrieval.mean_average_precision(
            retrieval.distance_counts(packed[q], packed[d], *labels)
        )
        for way, (q, d) in {
            "i2t": ("query_image", "database_text"),
            "t2i": ("query_text", "database_image"),
        }.items()
    }


def evaluated(capsys, *words):
    assert program.main(["evaluate", *map(str, words), "--json"]) == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    return line


def codes_only(change):
    return lambda k, a: a if "labels" in k else change(a)


FORMS = {
    "signs": codes_only(lambda a: a),
    "bits": codes_only(lambda a: a > 0),
    "zeros and ones": codes_only(lambda a: (a > 0).astype(np.uint8)),
    "real": codes_only(lambda a: a * 0.3),
    "packed": codes_only(lambda a: np.packbits(a > 0, axis=1)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("suffix", [".npz", ".h5", ".mat"])
def test_every_form_of_code_in_every_form_of_file(sets, tmp_path, capsys, form, suffix):
    arrays = {k: FORMS[form](k, a) for k, a in sets.items()}
    path = tmp_path / f"codes{suffix}"
    if suffix == ".npz":
        np.savez(path, **arrays)
    elif suffix == ".mat":
        scipy.io.savemat(path, arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    line = evaluated(capsys, path)
    assert {way: line[way]["MAP"] for way in ("i2t", "t2i")} == wanted(sets)


def test_files_of_one_array_each(sets, tmp_path, capsys):
    for name, array in sets.items():
        np.save(tmp_path / f"{name}.npy", array)
    line = evaluated(capsys, *sorted(tmp_path.glob("*.npy")))
    assert line["t2i"]["MAP"] == wanted(sets)["t2i"]


def test_what_encode_writes(sets, tmp_path, capsys):
    for side in ("query", "database"):
        parts = {k.split("_")[1]: a for k, a in sets.items() if k.startswith(side)}
        np.savez(tmp_path / f"{side}.npz", **parts)
    line = evaluated(capsys, tmp_path / "query.npz", tmp_path / "database.npz")
    assert line["i2t"]["MAP"] == wanted(sets)["i2t"]


def test_other_names(sets, tmp_path, capsys):
    """Those of published code by themselves, any other with --keys."""
    names = {"query_image": "q_img", "database_text": "r_txt", "database_labels": "r_l"}
    arrays = {new: sets[old] for old, new in names.items()}
    arrays["Y"] = sets["query_labels"]
    np.savez(tmp_path / "a.npz", **arrays)
    line = evaluated(capsys, tmp_path / "a.npz", "--keys", "query_labels=Y")
    assert line["i2t"]["MAP"] == wanted(sets)["i2t"]
    assert "t2i" not in line


def test_class_numbers(sets, tmp_path, capsys):
    """One class a row, as a column or a row of numbers, is its multi-hot form."""
    numbers = {k: a.argmax(axis=1) for k, a in sets.items() if "labels" in k}
    hot = {k: np.eye(5)[a] for k, a in numbers.items()}
    for name, labels in (("numbers", numbers), ("hot", hot)):
        np.savez(tmp_path / f"{name}.npz", **{**sets, **labels})
    lines = [evaluated(capsys, tmp_path / f"{n}.npz") for n in ("numbers", "hot")]
    assert lines[0]["i2t"] == lines[1]["i2t"]


def test_every_measure_and_every_file(sets, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **sets)
    outs = [tmp_path / f"{name}.csv" for name in ("csv", "queries", "curve")]
    words = [w for out in outs for w in (f"--{out.stem}", str(out))]
    words += ["--cutoffs", "5", "--relevance", "jaccard", "--stable"]
    assert program.main(["evaluate", str(tmp_path / "a.npz"), *words]) == 0
    said = capsys.readouterr().out
    for name in ("NDCG@5", "ACG@5", "weighted MAP", "MAP, first 5 relevant", "95 %"):
        assert name in said
    scores = list(csv.reader(outs[0].read_text().splitlines()))
    assert scores[0] == ["source", "direction", "metric", "value"]
    assert len(outs[1].read_text().splitlines()) == 1 + 2 * QUERIES * 10
    low, value, high = (
        float(next(row[3] for row in scores if row[1:3] == ["i2t", name]))
        for name in ("MAP, 95 % from", "MAP", "MAP, 95 % to")
    )
    assert low < value < high


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_labels": None}, "query_labels: got "),
        ({"database_text": None, "query_text": None}, "codes: got "),
        ({"database_text": np.ones((9, BITS))}, "database codes: got [9, 40] rows"),
        ({"database_text": np.ones((ITEMS, 8))}, "database_text: got 8 columns"),
        ({"query_image": np.full((QUERIES, BITS), np.nan)}, "query_image: got NaN"),
        ({"query_image": np.full(QUERIES, "a")}, "query_image: got <U1 of shape (12,)"),
        (
            {"query_image": np.full((QUERIES, BITS), 0.5)},
            "query_image: got float64 from",
        ),
        ({"query_image": np.full((QUERIES, BITS), 7)}, "query_image: got int64 from 7"),
        ({"query_image": np.ones((0, BITS))}, "wanted at least one code"),
        ({"query_labels": np.ones((9, 5))}, "query_labels: got 9 rows, wanted 12"),
        ({"query_labels": np.zeros((QUERIES, 5))}, "labels: got no query that shares"),
        (
            {"query_labels": np.ones(QUERIES)},
            "database_labels: got 5 classes, wanted cl",
        ),
        ({"query_labels": np.full((QUERIES, 5), 2)}, "query_labels: got the value 2"),
        (
            {"query_labels": np.ones((QUERIES, 4))},
            "database_labels: got 5 classes, wanted 4",
        ),
    ],
)
def test_bad_input_is_one_line(sets, tmp_path, capsys, changes, message):
    arrays = {k: a for k, a in {**sets, **changes}.items() if a is not None}
    np.savez(tmp_path / "a.npz", **arrays)
    words = [str(tmp_path / "a.npz"), "--csv", str(tmp_path / "out.csv")]
    assert program.main(["evaluate", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_signs_kept_as_bytes_are_refused(sets, tmp_path, capsys):
    """-1 and 1 as uint8 are 255 and 1, which looks packed and is not."""
    wrong = {k: a.astype(np.uint8) for k, a in sets.items()}
    np.savez(tmp_path / "a.npz", **wrong)
    assert program.main(["evaluate", str(tmp_path / "a.npz")]) == 2
    assert "got bytes 1 and 255 only" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--cutoffs", "41"], "cutoffs: got 41, wanted at most the 40 items"),
        (["--pairs", "image"], "pairs: got image, wanted QUERY:DATABASE"),
        (["--pairs", "image:audio"], "pairs: got database_audio, wanted one of"),
        (["--keys", "image=a"], "keys: got image, wanted query_ or database_"),
        (["--csv", "a.npz"], "csv: got a.npz, which is read or written already"),
        (["--csv", "b", "--curve", "b"], "curve: got b, which is read or written"),
        (["--curve", ""], "curve: got ., wanted a file in a folder"),
        (["--root", "data"], "root: got data with files of codes, wanted none"),
    ],
)
def test_options_that_do_not_fit_are_one_line(
    sets, tmp_path, monkeypatch, capsys, words, message
):
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", **sets)
    assert program.main(["evaluate", "a.npz", *words]) == 2
    assert message in capsys.readouterr().err


def test_any_modalities_by_name(sets, tmp_path, capsys):
    """A pair that is named is searched, and no other."""
    sets["query_audio"] = sets.pop("query_text")
    np.savez(tmp_path / "a.npz", **sets)
    line = evaluated(capsys, tmp_path / "a.npz", "--pairs", "audio:image")
    sets["query_text"] = sets.pop("query_audio")
    assert line["audio:image"]["MAP"] == wanted(sets)["t2i"]
    assert "i2t" not in line
    assert (line["queries"], line["items"], line["bits"]) == (QUERIES, ITEMS, BITS)


def test_several_depths(sets, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **sets)
    line = evaluated(capsys, tmp_path / "a.npz", "--cutoffs", "1", "40")
    assert line["i2t"]["MAP@40"] == pytest.approx(line["i2t"]["MAP"], abs=1e-12)
    assert "precision@1" in line["t2i"]


def test_class_numbers_in_a_row_as_matlab_keeps_them(sets, tmp_path, capsys):
    numbers = {k: a.argmax(axis=1) for k, a in sets.items() if "labels" in k}
    np.savez(tmp_path / "a.npz", **{**sets, **numbers})
    scipy.io.savemat(tmp_path / "a.mat", {**sets, **numbers})
    lines = [evaluated(capsys, tmp_path / f"a.{end}") for end in ("npz", "mat")]
    assert lines[0]["i2t"] == lines[1]["i2t"]


def test_compare_names_the_file_that_is_missing(sets, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **sets)
    words = [str(tmp_path / "a.npz"), str(tmp_path / "gone.npz")]
    assert program.main(["compare", *words]) == 2
    assert capsys.readouterr().err.startswith(f"scbch: second: got {words[1]}, wanted")


def test_compare_refuses_a_depth_beyond_the_database(sets, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **sets)
    words = [str(tmp_path / "a.npz")] * 2
    assert program.main(["compare", *words, "--cutoff", "41"]) == 2
    assert "cutoff: got 41, wanted at most the 40 items" in capsys.readouterr().err


def test_compare_tells_noise_from_a_difference(sets, tmp_path, capsys):
    """The same codes: no gain, p = 1. Codes that follow the labels: a sure gain."""
    np.savez(tmp_path / "a.npz", **sets)
    better = {
        k: np.repeat(sets[f"{k.split('_')[0]}_labels"], 4, axis=1)[:, :BITS]
        for k in sets
        if "labels" not in k
    }
    np.savez(tmp_path / "b.npz", **{**sets, **better})
    found = {}
    for name in ("a", "b"):
        words = [str(tmp_path / "a.npz"), str(tmp_path / f"{name}.npz"), "--json"]
        assert program.main(["compare", *words]) == 0
        found[name] = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (found["a"]["gain"], found["a"]["p"]) == (0, 1)
    assert found["b"]["from"] > 0
    assert found["b"]["p"] < 0.05
    assert len(found["b"]["changed"]) == 5
    assert (
        program.main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 0
    )
    assert "queries that changed most" in capsys.readouterr().out


def test_other_queries_cannot_be_compared(sets, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **sets)
    np.savez(tmp_path / "b.npz", **{**sets, "query_labels": 1 - sets["query_labels"]})
    assert (
        program.main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 2
    )
    assert "second: got queries with other labels" in capsys.readouterr().err
    np.savez(tmp_path / "b.npz", **{**sets, "database_labels": np.ones((ITEMS, 5))})
    assert (
        program.main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 2
    )
    assert "second: got a database with other labels" in capsys.readouterr().err
