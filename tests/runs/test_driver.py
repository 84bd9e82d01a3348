"""Whole small runs of the real code on the planted set."""

import numpy as np
import pytest

from scbch_jax import datasets
from scbch_jax.cli import console, progress
from scbch_jax.config import Data, Experiment, Noise, Planted, Training, scbch
from scbch_jax.errors import InputError, Interrupted
from scbch_jax.runs import driver


def plan(**changes):
    settings = {
        "data": Data(
            planted=Planted(train=600, queries=100, database=800, clutter=1.0)
        ),
        "bits": 32,
        "options": scbch.Options(hidden=128),
        "hparams": scbch.HParams(learning_rate=1e-3),
        "training": Training(epochs=8),
    }
    return Experiment(**{**settings, **changes})


@pytest.fixture(scope="module")
def lines():
    return driver.run(plan())


def test_it_learns(lines):
    assert [line["epoch"] for line in lines] == list(range(1, 9))
    assert lines[-1]["total"] < lines[0]["total"] - 0.3
    assert lines[-1]["average"] > lines[0]["average"] + 0.2
    assert 0.5 < lines[-1]["average"] <= 1, "chance is 0.3"


def test_trust_sets_in_after_the_warm_up(lines):
    warm, later = lines[:5], lines[5:]
    assert all(line["confidence_noisy"] == 1 for line in warm)
    assert all(line["confidence_noisy"] < line["confidence_clean"] for line in later)
    assert later[-1]["confidence_roc"] > 0.8


def test_the_same_seed_gives_the_same_lines(lines):
    def numbers(line):
        return {k: v for k, v in line.items() if k != "seconds"}

    assert [numbers(x) for x in driver.run(plan())] == [numbers(x) for x in lines]


def test_a_readers_own_term_is_logged():
    def spread(view):
        return (view.image_codes.mean(axis=0) ** 2).sum()

    short = plan(training=Training(epochs=1))
    (line,) = driver.run(short, extra_terms=(("spread", 0.1, spread),))
    plain = line["total"] - 0.1 * line["spread"]
    expected = (
        line["classification"]
        + 0.7 * (line["attraction"] + line["repulsion"])
        + 0.3 * line["quantization"]
    )
    np.testing.assert_allclose(plain, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("noise", "missing"), [(Noise("none"), "noisy"), (Noise(rate=1.0), "clean")]
)
def test_without_two_sides_there_is_no_area(capsys, noise, missing):
    with progress.progress("trial", epochs=1) as on_epoch:
        lines = driver.run(
            plan(noise=noise, training=Training(epochs=1)), on_epoch=on_epoch
        )
    assert lines[0][f"confidence_{missing}"] is None
    assert np.isnan(lines[0]["confidence_roc"])
    assert f"{missing} rows" not in capsys.readouterr().err
    assert "| - |" in console.results(lines, (0,)).replace("  ", "")


def test_scoring_now_and_then():
    short = plan(training=Training(epochs=5, score_every=2))
    lines = driver.run(short)
    assert [line["epoch"] for line in lines if "average" in line] == [2, 4, 5]
    assert driver.summary(lines, 0)["last"]["epoch"] == 5


@pytest.mark.slow
def test_the_paper_reading_trains():
    short = plan(options=scbch.Options(reading="paper", hidden=128))
    lines = driver.run(short)
    assert lines[-1]["average"] > lines[0]["average"]


def test_a_run_that_is_asked_to_end_in_a_last_epoch_begins_no_other_seed(tmp_path):
    seeds = plan(training=Training(epochs=1), seeds=(0, 1))
    lines = []
    with pytest.raises(Interrupted, match="seed 0"):
        driver.run(seeds, tmp_path, on_epoch=lines.append, stop=lambda: True)
    assert [line["seed"] for line in lines] == [0]
    both = driver.run(seeds, tmp_path, resume=True)
    assert [line["seed"] for line in both] == [0, 1]


def test_rows_without_labels_do_not_spoil_a_run(monkeypatch):
    """Finite losses where many training rows have no label at all."""

    loaded = datasets.load(plan().data)
    loaded.dataset.train.labels[::3] = 0
    monkeypatch.setattr(datasets, "load", lambda source: loaded)
    lines = driver.run(plan(training=Training(epochs=7)))
    assert all(np.isfinite(line["total"]) for line in lines)


def test_k_must_be_below_the_number_of_rows():
    with pytest.raises(InputError, match="options.neighbors: got 600, wanted fewer"):
        driver.run(plan(options=scbch.Options(neighbors=600)))
