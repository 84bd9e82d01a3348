import importlib.util
import json
from types import SimpleNamespace

import pytest

from scbch_jax import bench
from scbch_jax.cli import program

SIZES = ["--rows", "40", "--queries", "6", "--items", "30", "--hidden", "8"]
PARTS = ["--steps", "1", "--sampled", "2", "--encoded", "16", "--rounds", "1"]


@pytest.mark.slow
def test_the_command_times_every_part(tmp_path, capsys):
    lines, figure = tmp_path / "lines.jsonl", tmp_path / "parts.png"
    words = ["--json", str(lines), "--figure", str(figure)]
    assert program.main(["bench", "train", *SIZES, *PARTS, *words]) == 0
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    torch = ["PyTorch"] if importlib.util.find_spec("torch") else []
    assert [f["baseline"] for f in found] == ["JAX, highest", *torch]
    assert figure.read_bytes().startswith(b"\x89PNG")
    said = capsys.readouterr().out
    assert "the epoch is the sum of its parts" in said
    assert ("not installed: PyTorch" in said) == (not torch)


def test_an_epoch_is_its_parts_scaled(monkeypatch):
    """A clock that each part moves on by its own time."""
    now = [0.0]

    def part(seconds):
        def run():
            now[0] += seconds

        return run

    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr("scbch_jax.bench.timing.time", clock)
    shape = bench.Shape(8, rows=1000, queries=20, items=80)
    baseline = bench.TrainingBaseline(part(2), part(0.5), part(3), part(0.25), scored=5)
    sampled = bench.Sampled(steps=4, rows=50, queries=5)
    (found,) = bench.measure_parts({"a": baseline}, shape, sampled, rounds=2).values()
    assert (found["step"], found["encode"]) == (0.5, 0.5 * 1100 / 50)
    assert (found["soft_labels"], found["score"]) == (3, 1)
    assert found["epoch"] == 8 * 0.5 + 11 + 3 + 1


def test_the_roofline_counts_products_and_memory_traffic():
    """By hand: features 3 + 2, hidden 4, 1 bit: 20 first weights, 16 + 4 + 4 others."""
    shape = bench.Shape(4, image_dim=3, text_dim=2, bits=1, batch_size=10)
    assert shape.weights == (20, 24)
    bound = bench.roofline(shape, precision="highest")
    assert bound.operations == 2 * 10 * (2 * 20 + 3 * 24)
    assert bound.bytes == 4 * 3 * 44
    assert bound.update_bytes == 4 * 7 * 44
    short = bench.roofline(shape, precision="bfloat16", moments="bfloat16")
    assert short.update_bytes == (4 * 3 + 2 * 4) * 44
    assert bound.seconds > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rows", "20"], "rows: got 20, wanted more than 20 neighbors"),
        (["--hidden", "8", "8"], "hidden: got 8, 8, wanted one or more whole"),
        (
            ["--figure", "a.txt"],
            "figure: got a.txt, wanted a file ending in .png or .svg",
        ),
    ],
)
def test_bad_options_are_one_line(capsys, words, message):
    assert program.main(["bench", "train", *words]) == 2
    assert message in capsys.readouterr().err
