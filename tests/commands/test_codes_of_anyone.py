"""evaluate and compare on files of codes, in the forms in which they circulate."""

import json

import h5py
import numpy as np
import pytest
import scipy.io

from scbch_jax import cli, retrieval

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
            retrieval.radius_counts(packed[q], packed[d], *labels)
        )
        for way, (q, d) in {
            "i2t": ("query_image", "database_text"),
            "t2i": ("query_text", "database_image"),
        }.items()
    }


def evaluated(capsys, *words):
    assert cli.main(["evaluate", *map(str, words), "--json"]) == 0
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
    words += ["--depth", "5", "--grade", "jaccard", "--stable"]
    assert cli.main(["evaluate", str(tmp_path / "a.npz"), *words]) == 0
    said = capsys.readouterr().out
    for name in ("NDCG@5", "ACG@5", "weighted MAP", "MAP, first 5 relevant", "95 %"):
        assert name in said
    scores = outs[0].read_text().splitlines()
    assert scores[0] == "source,direction,measure,value"
    assert len(outs[1].read_text().splitlines()) == 1 + 2 * QUERIES * 10
    low, value, high = (
        float(next(row for row in scores if f'i2t,"{name}"' in row).split(",")[-1])
        for name in ("MAP, 95 % from", "MAP", "MAP, 95 % to")
    )
    assert low < value < high


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"query_labels": None}, "query_labels: got "),
        ({"database_text": None, "query_text": None}, "codes: got "),
        ({"database_text": np.ones((9, BITS))}, "database_text: got 9 rows"),
        ({"database_text": np.ones((ITEMS, 8))}, "database_text: got 8 columns"),
        ({"query_image": np.full((QUERIES, BITS), np.nan)}, "query_image: got NaN"),
        ({"query_image": np.full(QUERIES, "a")}, "query_image: got <U1 of shape (12,)"),
        ({"query_labels": np.full((QUERIES, 5), 2)}, "query_labels: got the value 2"),
        ({"query_labels": np.ones((QUERIES, 4))}, "database_labels: got (40, 5)"),
    ],
)
def test_bad_input_is_one_line(sets, tmp_path, capsys, changes, message):
    arrays = {k: a for k, a in {**sets, **changes}.items() if a is not None}
    np.savez(tmp_path / "a.npz", **arrays)
    words = [str(tmp_path / "a.npz"), "--csv", str(tmp_path / "out.csv")]
    assert cli.main(["evaluate", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


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
        assert cli.main(["compare", *words]) == 0
        found[name] = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (found["a"]["gain"], found["a"]["p"]) == (0, 1)
    assert found["b"]["from"] > 0
    assert found["b"]["p"] < 0.05
    assert len(found["b"]["changed"]) == 5
    assert cli.main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 0
    assert "queries that changed most" in capsys.readouterr().out


def test_other_queries_cannot_be_compared(sets, tmp_path, capsys):
    np.savez(tmp_path / "a.npz", **sets)
    np.savez(tmp_path / "b.npz", **{**sets, "query_labels": 1 - sets["query_labels"]})
    assert cli.main(["compare", str(tmp_path / "a.npz"), str(tmp_path / "b.npz")]) == 2
    assert "second: got queries with other labels" in capsys.readouterr().err
