import importlib.util
import json

import numpy as np
import pytest

from scbch_jax import bench
from scbch_jax.cli import program

SIZES = ["--queries", "6", "--items", "40", "80", "120"]
SMALL = [*SIZES, "--rounds", "1", "--sampled", "2"]


def test_the_command_times_every_installed_baseline(tmp_path, capsys):
    lines, picture = tmp_path / "lines.jsonl", tmp_path / "times.png"
    words = ["--json", str(lines), "--figure", str(picture)]
    assert program.main(["bench", "evaluate", *SMALL, *words]) == 0
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [(f["items"], f["baseline"]) for f in found] == [
        (items, name) for items in (40, 80, 120) for name in bench.BASELINES
    ]
    assert all(f["seconds"] > 0 for f in found)
    assert picture.read_bytes().startswith(b"\x89PNG")
    rows = capsys.readouterr().out.splitlines()
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    assert [c[1] for c in cells if c[2:3] == ["JAX"]] == ["40", "80", "120"]
    assert rows[-1].startswith("JAX: ")
    assert "s a million items" in rows[-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--items", "0"], "items: got 0, wanted one or more whole numbers"),
        (["--bits", "12"], "bits: got 12, wanted a positive multiple of 8"),
        (
            ["--figure", "a.txt"],
            "figure: got a.txt, wanted a file ending in .png or .svg",
        ),
        (["--json", "gone/a"], "json: got gone/a, wanted a file in a folder"),
    ],
)
def test_bad_options_are_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert program.main(["bench", "evaluate", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_sample_is_scaled_to_all_queries(monkeypatch):
    seen = []

    def run(problem):
        seen.append((len(problem.query_image), len(problem.query_labels)))

    problem = bench.draw_problem(queries=10, items=5, bits=8, classes=2)
    baselines = {
        "a": bench.Baseline(run, per_query=True),
        "b": bench.Baseline(run),
    }
    found = bench.measure({5: problem}, baselines, rounds=2, sampled=2)
    assert seen == [(2, 2), (2, 2), (2, 2), (10, 10)] + [(2, 2), (10, 10)] * 2
    assert [found[5, name].queries for name in baselines] == [2, 10]


def test_pytorch_finds_the_same_numbers():
    """Up to the order of ties, which a sort leaves open."""
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed; pip install 'scbch_jax[torch]'")
    problem = bench.draw_problem(queries=20, items=300, bits=64, classes=8)
    baselines = (bench.BASELINES["JAX"], bench.BASELINES["PyTorch"])
    pairs = zip(*(b.run(b.prepare(problem)) for b in baselines), strict=True)
    for (jax_map, curve), (torch_map, points) in pairs:
        assert abs(jax_map - torch_map) < 0.02
        last = [float(np.nanmean(values[:, -1])) for values in curve]
        np.testing.assert_allclose(last, points[-1], atol=1e-6)
