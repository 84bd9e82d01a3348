import json

import numpy as np
import pytest

from scbch_jax import bench
from scbch_jax.cli import program

SMALL = ["--rows", "90", "60", "--bits", "8", "--neighbors", "4", "--sampled", "20"]


def test_the_command_times_every_search_and_finds_it_right(tmp_path, capsys):
    lines, picture = tmp_path / "lines.jsonl", tmp_path / "times.png"
    words = ["--json", str(lines), "--figure", str(picture), "--rounds", "2"]
    words += ["--search", "exact", "approximate"]
    assert program.main(["bench", "neighbors", *SMALL, *words]) == 0
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    baselines = [("exact", 1), ("approximate", 1), ("NumPy", 20)]
    assert [(f["rows"], f["baseline"], f["timed_rows"]) for f in found] == [
        (rows, name, rows if timed == 1 else timed)
        for rows in (60, 90)
        for name, timed in baselines
    ]
    assert all(f["seconds"] > 0 for f in found)
    for line in found:
        if line["baseline"] != "approximate":
            exact = {"equal": 1, "equal_up_to_ties": 1, "recall": 1}
            assert line["agreement"] == exact
    assert picture.read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "NumPy, scaled from 20 rows" in said
    assert "equal up to ties" in said


def test_agreement_of_a_hand_checked_case():
    """Rows: the same set; a tie for the last place; a wrong one; one found twice."""
    similarity = np.tile([0.9, 0.5, 0.5 - 1e-8, 0.1], (4, 1))
    nearest = np.tile([0, 1], (4, 1))
    index = np.array([[1, 0], [0, 2], [0, 3], [0, 0]])
    found = bench.compare_neighbors(index, nearest, similarity)
    assert found == (0.25, 0.5, (1 + 0.5 + 0.5 + 0.5) / 4)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rows", "50", "20"], "neighbors: got 20, wanted fewer than 20 rows"),
        (["--search"], "search: got none, wanted exact, approximate or tree"),
        (
            ["--figure", "a.txt"],
            "figure: got a.txt, wanted a file ending in .png or .svg",
        ),
        (["--json", "gone/a"], "json: got gone/a, wanted a file in a folder"),
    ],
)
def test_bad_options_are_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert program.main(["bench", "neighbors", *words]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--rows", "3"], ["other"]])
def test_a_bench_that_is_not_named_is_one_line(capsys, words):
    assert program.main(["bench", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"scbch: command of bench: got {words[0]}, wanted one of")
    assert said.count("\n") == 1
