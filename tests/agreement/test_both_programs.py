"""Runs of both programs, where an original is a function of the test."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny

from scbch_jax.agreement import both_programs
from scbch_jax.cli import program
from scbch_jax.errors import InputError
from scbch_jax.io import append_jsonl
from scbch_jax.originals import clones

PLANTED = {
    "train": 80, "queries": 20, "database": 90, "image-dim": 16, "words": 24,
    "classes": 4,
}  # fmt: skip
WORDS = ["--bits=8", "--hidden=16", "--epochs=2", "--seeds=2"]
WORDS += [f"--data.planted.{k}={n}" for k, n in PLANTED.items()]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """An original whose codes are random; PyTorch is not asked for."""
    for name in clones.REPOSITORIES["scbch"].files:
        path = tmp_path / "clone" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.setattr(clones.extras, "require_packages", lambda *names: None)
    trained = []

    def train(method, clone, seed, task, folder):
        arrays = dict(np.load(task))
        trained.append((seed, arrays))
        bits = json.loads(str(arrays["options"]))["bits"]
        rng = np.random.default_rng(seed)
        codes = {
            k: rng.choice(np.array([-1, 1], np.int8), (len(rows), bits))
            for k, rows in arrays.items()
            if "_" in k
        }
        np.savez(folder / "codes.npz", **codes)
        return folder / "codes.npz"

    monkeypatch.setattr(clones, "train", train)
    folder = tmp_path / "clone"
    return folder, trained


def quick():
    options = replace(tiny.experiment().options, hidden=16)
    return tiny.experiment(options=options, seeds=(0,))


def test_finished_runs_are_not_repeated(clone, tmp_path):
    folder, trained = clone
    shared, path, seen = (
        both_programs.prepare(folder, quick()),
        tmp_path / "r.jsonl",
        [],
    )
    first = both_programs.train_all(shared, 2, path, seen.append)
    assert [(x["program"], x["seed"]) for x in seen] == [
        ("original", 0), ("package", 0), ("original", 1), ("package", 1),
    ]  # fmt: skip
    assert first == seen
    # A killed call: the last line is gone, and one before it is cut short.
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2]) + lines[2][:30])
    seen.clear()
    again = both_programs.train_all(shared, 2, path, seen.append)
    assert [(x["program"], x["seed"]) for x in seen] == [
        ("original", 1), ("package", 1),
    ]  # fmt: skip
    assert again == first
    assert [seed for seed, _ in trained] == [0, 1, 1]
    assert len(both_programs.train_all(shared, 1, path, seen.append)) == 2


def test_other_options_or_data_are_other_runs(clone, tmp_path):
    shared, path = both_programs.prepare(clone[0], quick()), tmp_path / "r.jsonl"
    longer = replace(quick(), training=replace(quick().training, epochs=4))
    train = shared.loaded.dataset.train
    rows = train._replace(image=train.image + 1)
    data = shared.loaded._replace(dataset=shared.loaded.dataset._replace(train=rows))
    others = [both_programs.prepare(clone[0], longer), shared._replace(loaded=data)]
    names = {both_programs.digest(x) for x in (shared, *others)}
    assert len(names) == 3
    assert both_programs.digest(both_programs.prepare(clone[0], quick())) in names
    seen = []
    both_programs.train_all(shared, 1, path, seen.append)
    both_programs.train_all(others[1], 1, path, seen.append)
    assert len(seen) == 4


def test_both_programs_get_the_same_noisy_labels(clone, tmp_path, monkeypatch):
    folder, trained = clone
    shared, given = both_programs.prepare(folder, quick()), []
    ours = both_programs.runs.train

    def observed(experiment, loaded):
        given.append((experiment, loaded.dataset.train.labels))
        return ours(experiment, loaded=loaded)

    monkeypatch.setattr(both_programs.runs, "train", observed)
    both_programs.train_all(shared, 1, tmp_path / "r.jsonl", lambda line: None)
    ((experiment, labels),) = given
    assert experiment.noise.kind == "none"
    assert np.array_equal(labels, trained[0][1]["labels"])
    clean = both_programs.datasets.load(quick().data).dataset.train.labels
    assert 0.3 < np.mean((labels != clean).any(axis=1)) < 0.7


def test_the_comparison_is_in_points():
    lines = [
        {"program": p, "seed": s, "i2t": x, "t2i": x + 0.1, "average": x + 0.05}
        for p, start in (("original", 0.7), ("package", 0.701))
        for s, x in enumerate((start, start + 0.001))
    ]
    found = both_programs.compare(lines)
    assert list(found) == ["i2t", "t2i", "average"]
    assert found["average"].original == pytest.approx(75.05)
    assert found["t2i"].difference == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("package", "code", "words"),
    [
        ((0.70, 0.702), 0, "the programs agree to within 0.5 points"),
        ((0.71, 0.711), 1, "the programs differ, maybe by more than 0.5 points"),
        ((0.66, 0.72), 1, "undecided whether the programs agree"),
    ],
)
def test_the_command_says_what_finished_runs_say(
    clone, tmp_path, capsys, monkeypatch, package, code, words
):
    folder, trained = clone
    monkeypatch.setattr(both_programs, "digest", lambda shared: "same")
    out = tmp_path / "runs.jsonl"
    for name, scores in (("original", (0.70, 0.701)), ("package", package)):
        for seed, x in enumerate(scores):
            line = {"method": "scbch", "experiment": "same", "program": name}
            line |= {"seed": seed, "i2t": x, "t2i": x, "average": x}
            append_jsonl(out, line)
    call = ["crosscheck", "--runs", str(folder), *WORDS, "--out", str(out)]
    assert program.main(call) == code
    said, log = capsys.readouterr()
    assert said.splitlines()[-1].startswith(words)
    assert "| average |    70.05 |" in said
    assert (log, trained) == ("", [])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--method", "pip_like"],
            "method: got pip_like, wanted one whose original can",
        ),
        (["--method", "robust"], "method: got robust, wanted one whose original"),
        (["--official", "."], "official: got ., wanted none with --runs"),
        (["--float64"], "float64: got on, wanted off with --runs"),
        (
            ["--seed", "0", "1"],
            "seed: got (0, 1), wanted none with --runs, but --seeds",
        ),
        (["--figure", "a.png"], "figure: got a.png, wanted none with --runs"),
        (["--seeds", "1"], "seeds: got 1, wanted a whole number from 2"),
        (["--out", "gone/a.jsonl"], "out: got gone/a.jsonl"),
        (["--hidden", "0"], "hidden: got 0, wanted a whole number from 1"),
        (["--method", "nrch"], "runs: got {}, wanted a clone of github.com/LonganWANG"),
    ],
)
def test_options_that_do_not_fit_are_one_line(
    clone, tmp_path, monkeypatch, capsys, words, message
):
    monkeypatch.chdir(tmp_path)
    folder = str(clone[0])
    assert program.main(["crosscheck", "--runs", folder, *WORDS, *words]) == 2
    said = capsys.readouterr().err
    assert message.format(folder) in said
    assert said.count("\n") == 1
    assert [x.name for x in tmp_path.iterdir()] == ["clone"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["--seeds", "3"], "seeds"),
        (["--epochs", "5"], "epochs"),
        (["--data.name", "scenes"], "data"),
        (["--out", "a.jsonl"], "out"),
    ],
)
def test_options_of_runs_alone_are_refused(capsys, words, name):
    assert program.main(["crosscheck", *words]) == 2
    wanted = f"scbch: {name}: got it without --runs, wanted it with --runs only"
    assert capsys.readouterr().err.startswith(wanted)


@pytest.mark.errors
@pytest.mark.parametrize("change", [{"average": "high"}, {"program": "a third"}])
def test_a_line_that_is_no_run(clone, tmp_path, change):
    shared, path = both_programs.prepare(clone[0], quick()), tmp_path / "r.jsonl"
    both_programs.train_all(shared, 1, path, lambda line: None)
    line = json.loads(path.read_text().splitlines()[0]) | change
    path.write_text(json.dumps(line) + "\n")
    with pytest.raises(InputError, match="wanted finished runs"):
        both_programs.train_all(shared, 1, path, lambda line: None)
