import json

import numpy as np
import pytest
from command_line import error_line

from scbch_jax.bench import search
from scbch_jax.cli import program


def test_engines_that_disagree_are_no_benchmark():
    codes, queries = search.draw_random(items=40, bits=8, queries=2)
    flat = search.exact_engines(codes)["flat"]
    engines = {"flat": flat, "wrong": lambda q, k: flat(q, k) + 1}
    with pytest.raises(RuntimeError, match="wrong finds other distances"):
        search.check_agreement(engines, queries, k=3)


def test_recall_counts_hits_as_near_as_the_last_of_the_nearest():
    engines = {
        "flat": lambda q, k: np.array([[1, 2, 2]]),
        "near": lambda q, k: np.array([[2, 2, 3]]),
    }
    found = search.recalls(engines, None, k=3)
    assert found == {"flat": 1.0, "near": pytest.approx(2 / 3)}


def test_clustered_codes_lie_around_their_centers():
    codes, _ = search.draw_clustered(items=3000, bits=64, queries=1)
    bits = np.unpackbits(codes, axis=1).astype(int)
    nearest = (bits[:100, None] != bits[None]).sum(axis=2)
    np.fill_diagonal(nearest, 64)
    # Codes of a center differ in 2 · 0.08 · 0.92 · 64 = 9.4 bits, others in 32.
    assert 5 < np.median(nearest.min(axis=1)) < 13


def test_every_call_is_a_line_of_the_table_and_of_the_file(tmp_path, capsys):
    words = "--items 50 80 --bits 16 --queries 1 3 --k 2 --rounds 1"
    out, figure = tmp_path / "lines.jsonl", tmp_path / "lines.svg"
    outputs = ["--json", str(out), "--figure", str(figure)]
    assert program.main(["bench", "search", *words.split(), *outputs]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    flat = [x for x in lines if x["engine"] == "flat" and x["codes"] == "random"]
    assert [(x["items"], x["queries"], x["k"]) for x in flat] == [
        (50, 1, 2),
        (50, 3, 2),
        (80, 1, 2),
        (80, 3, 2),
    ]
    assert all(np.isclose(x["ratio"], 1) for x in flat)
    table = capsys.readouterr().out.splitlines()
    assert sum("| random " in line and "flat " in line for line in table) == 4
    assert all(x["recall"] == 1 for x in flat)
    assert "<svg" in figure.read_text()


def test_inverted_lists_are_timed_through_an_index_and_bare(tmp_path):
    pytest.importorskip("faiss", reason="FAISS is not installed")
    out = tmp_path / "lines.jsonl"
    words = "--items 2000 --queries 1 5 --k 3 --rounds 1 --json"
    assert program.main(["bench", "search", *words.split(), str(out)]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    lines = [x for x in lines if x["codes"] == "clustered"]
    names = ["flat", "faiss-ivf", "FAISS IVF"]
    assert [x["engine"] for x in lines] == 2 * names
    # Of one index and one call, the door finds what FAISS finds.
    recall = [x["recall"] for x in lines]
    assert recall[1::3] == recall[2::3]
    assert recall[::3] == [1, 1]


@pytest.mark.errors
def test_more_hits_than_items_are_refused(capsys):
    said = error_line(capsys, "bench", "search", "--items", "9")
    assert "k: got 1000, wanted at most 9 items" in said
