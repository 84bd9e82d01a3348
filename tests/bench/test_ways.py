import importlib.util
import json

import numpy as np
import pytest

from scbch_jax import bench
from scbch_jax.cli import program

SIZES = ["--queries", "6", "--items", "40", "80", "120"]
SMALL = [*SIZES, "--rounds", "1", "--sampled", "2"]


def test_the_command_times_every_way_that_is_installed(tmp_path, capsys):
    lines, picture = tmp_path / "lines.jsonl", tmp_path / "times.png"
    words = ["--json", str(lines), "--figure", str(picture)]
    assert program.main(["bench", "evaluate", *SMALL, *words]) == 0
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(f["items"], f["way"]) for f in found] == [
        (items, way) for items in (40, 80, 120) for way in bench.WAYS
    ]
    assert all(f["seconds"] > 0 for f in found)
    assert picture.read_bytes().startswith(b"\x89PNG")
    rows = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    assert [c[1] for c in cells if c[2:3] == ["ours"]] == ["40", "80", "120"]
    assert rows[-1].startswith("ours: ")
    assert "s a million items" in rows[-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--items", "0"], "items: got (0,), wanted one or more whole numbers"),
        (["--bits", "12"], "bits: got 12, wanted a positive multiple of 8"),
        (["--figure", "a.txt"], "figure: got a.txt, wanted a .png or .svg file"),
        (["--json", "gone/a"], "json: got gone/a, wanted a file in a folder"),
    ],
)
def test_bad_options_are_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert program.main(["bench", "evaluate", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_sample_is_scaled_to_all_queries(monkeypatch):
    seen = []

    def way(drawn):
        seen.append((len(drawn.query_image), len(drawn.query_labels)))

    drawn = bench.draw(queries=10, items=5, bits=8, classes=2)
    ways = {"a": bench.Way(way, one_by_one=True), "b": bench.Way(way)}
    found = bench.measure({5: drawn}, ways, rounds=2, sampled=2)
    assert seen == [(2, 2), (2, 2), (2, 2), (10, 10)] + [(2, 2), (10, 10)] * 2
    assert [found[5, name].queries for name in ways] == [2, 10]


def test_pytorch_finds_the_same_numbers():
    """Up to the order of ties, which a sort leaves open."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed; pip install -e '.[torch]'")
    drawn = bench.draw(queries=20, items=300, bits=64, classes=8)
    ways = (bench.WAYS["ours"], bench.WAYS["PyTorch"])
    pairs = zip(*(way.run(way.prepare(drawn)) for way in ways), strict=True)
    for (ours, curve), (theirs, points) in pairs:
        assert abs(ours - theirs) < 0.02
        last = [float(np.nanmean(values[:, -1])) for values in curve]
        np.testing.assert_allclose(last, points[-1], atol=1e-6)
