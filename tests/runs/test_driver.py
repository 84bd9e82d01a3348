"""Whole small runs of the real code on the planted set."""

import json
import math

import numpy as np
import pytest
import tiny

from scbch_jax import datasets, results, runs
from scbch_jax.cli import progress
from scbch_jax.config import Data, Experiment, Noise, Planted, Training, scbch
from scbch_jax.errors import InputError, Interrupted


def experiment_with(**changes):
    fields = {
        "data": Data(
            planted=Planted(train=600, queries=100, database=800, clutter=1.0)
        ),
        "bits": 32,
        "options": scbch.Options(hidden=128),
        "hparams": scbch.HParams(learning_rate=1e-3),
        "training": Training(epochs=8),
    }
    return Experiment(**{**fields, **changes})


@pytest.fixture(scope="module")
def learned():
    return runs.train(experiment_with())


def test_it_learns(learned):
    first, *_, last = learned
    assert [result.epoch for result in learned] == list(range(1, 9))
    assert last.losses["total"] < first.losses["total"] - 0.3
    assert last.retrieval.average > first.retrieval.average + 0.2
    assert 0.5 < last.retrieval.average <= 1, "chance is 0.3"


def test_confidence_separates_rows_after_the_warm_up(learned):
    found = [result.confidence for result in learned]
    warm, later = found[:5], found[5:]
    assert all(confidence.noisy == 1 for confidence in warm)
    assert all(confidence.noisy < confidence.clean for confidence in later)
    assert later[-1].roc_auc > 0.8


def test_the_same_seed_gives_the_same_results(learned):
    again = runs.train(experiment_with())
    assert tiny.without_seconds(again) == tiny.without_seconds(learned)


@pytest.mark.parametrize("name", ["spread", "seed", "average", "confidence_clean"])
def test_an_own_term_is_logged_whatever_its_name(tmp_path, name):
    def spread(inputs):
        return (inputs.image_codes.mean(axis=0) ** 2).sum()

    experiment = tiny.experiment(training=Training(epochs=1), seeds=(4,))
    terms = ((name, 0.1, spread),)
    (result,) = runs.train(experiment, tmp_path / "run", extra_terms=terms)
    losses = result.losses
    plain = losses["total"] - 0.1 * losses[name]
    expected = (
        losses["classification"]
        + 0.7 * (losses["attraction"] + losses["repulsion"])
        + 0.3 * losses["quantization"]
    )
    np.testing.assert_allclose(plain, expected, rtol=1e-5)
    (saved,) = results.read_results(tmp_path / "run" / "seed-4" / "results.jsonl")
    assert saved == result
    (again,) = runs.train(experiment, tmp_path / "run", extra_terms=terms, resume=True)
    assert again == result


@pytest.mark.parametrize(
    ("noise", "missing"), [(Noise("none"), "noisy"), (Noise(rate=1.0), "clean")]
)
def test_without_clean_or_noisy_rows_there_is_no_area(capsys, noise, missing):
    experiment = experiment_with(noise=noise, training=Training(epochs=1))
    with progress.training_progress("trial", epochs=1) as on_epoch:
        (result,) = runs.train(experiment, on_epoch=on_epoch)
    assert getattr(result.confidence, missing) is None
    assert result.confidence.roc_auc is None
    assert f"{missing} " not in capsys.readouterr().err
    assert "| - |" in progress.results_table([result], (0,)).replace("  ", "")


def test_some_epochs_are_evaluated():
    found = runs.train(experiment_with(training=Training(epochs=5, score_every=2)))
    assert [result.epoch for result in found if result.retrieval] == [2, 4, 5]
    assert results.summarize(found, 0).last.epoch == 5


@pytest.mark.slow
def test_the_published_equations_train():
    options = scbch.Options(reading="paper", hidden=128)
    first, *_, last = runs.train(experiment_with(options=options))
    assert last.retrieval.average > first.retrieval.average


def test_a_run_stopped_in_a_last_epoch_begins_no_other_seed(tmp_path):
    experiment = tiny.experiment(training=Training(epochs=1), seeds=(0, 1))
    found = []
    with pytest.raises(Interrupted, match="seed 0"):
        runs.train(experiment, tmp_path, on_epoch=found.append, stop=lambda: True)
    assert [result.seed for result in found] == [0]
    both = runs.train(experiment, tmp_path, resume=True)
    assert [result.seed for result in both] == [0, 1]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_was_written_stays_when_a_run_fails(tmp_path, error):
    """Before its first checkpoint; the run then starts anew, with --resume."""
    experiment = tiny.experiment(
        training=Training(epochs=4, batch_size=40, save_every=4), seeds=(0,)
    )

    def fail(result):
        if result.epoch == 2:
            raise error

    with pytest.raises(error):
        runs.train(experiment, tmp_path / "run", on_epoch=fail)
    path = tmp_path / "run" / "seed-0" / "results.jsonl"
    assert [result.epoch for result in results.read_results(path)] == [1, 2]
    assert (tmp_path / "run" / "seed-0" / "traces" / "epoch-0001.npz").is_file()
    with pytest.raises(InputError, match="out: got .*, which holds a run"):
        runs.train(experiment, tmp_path / "run")
    found = runs.train(experiment, tmp_path / "run", resume=True)
    assert tiny.without_seconds(found) == tiny.without_seconds(runs.train(experiment))


def test_a_run_that_diverges_keeps_its_folder(tmp_path):
    with pytest.raises(InputError, match="a loss of nan in epoch 1"):
        runs.train(tiny.diverging(seeds=(0,)), tmp_path / "run")
    assert (tmp_path / "run" / "experiment.json").is_file()
    assert (tmp_path / "run" / "seed-0" / "noise.npz").is_file()
    # Nothing was learned there, so another experiment may have the folder.
    runs.train(tiny.experiment(training=Training(epochs=1)), tmp_path / "run")


def test_results_of_earlier_versions_are_continued(tmp_path):
    """They had all values side by side, and names of files without checksums."""
    experiment = tiny.experiment(seeds=(0,))
    expected = runs.train(experiment, tmp_path / "run")
    path = tmp_path / "run" / "seed-0" / "results.jsonl"
    path.write_text("".join(json.dumps(flat(r)) + "\n" for r in expected))
    found = runs.train(experiment, tmp_path / "run", resume=True)
    assert found == expected
    assert json.loads(path.read_text().splitlines()[0])["losses"]


def flat(result):
    confidence, retrieval = result.confidence, result.retrieval
    return {
        "seed": result.seed,
        "epoch": result.epoch,
        **result.losses,
        "confidence_clean": confidence.clean,
        "confidence_noisy": confidence.noisy,
        "confidence_roc": confidence.roc_auc,
        **retrieval._asdict(),
        "seconds": result.seconds,
    }


def test_rows_without_labels_give_finite_losses(monkeypatch):
    """Where many training rows have no label at all."""
    loaded = datasets.load(experiment_with().data)
    loaded.dataset.train.labels[::3] = 0
    monkeypatch.setattr(datasets, "load", lambda source: loaded)
    found = runs.train(experiment_with(training=Training(epochs=7)))
    assert all(math.isfinite(result.losses["total"]) for result in found)


def test_k_must_be_below_the_number_of_rows():
    with pytest.raises(InputError, match="options.neighbors: got 600, wanted fewer"):
        runs.train(experiment_with(options=scbch.Options(neighbors=600)))
