"""How a run reports the posteriors of labels, which its method learned before."""

import numpy as np
import pytest
import tiny

from scbch_jax import data, datasets, runs
from scbch_jax.config import Noise, robust
from scbch_jax.methods import Recipe
from scbch_jax.results import EpochResult
from scbch_jax.runs import loop, tasks
from scbch_jax.training import Epoch, RunState


def experiment(**noise):
    return tiny.experiment(
        method="robust",
        options=robust.Options(hidden=16),
        hparams=robust.HParams(),
        noise=Noise(**noise),
        seeds=(0,),
    )


@pytest.fixture
def posterior(monkeypatch):
    """Drawn ones: to compute them takes longer."""
    drawn = np.random.default_rng(0).random((80, 4)).round(1).astype(np.float32)
    monkeypatch.setattr(Recipe, "learn_labels", lambda *arguments: drawn)
    return drawn


def result_of(experiment):
    """Of an epoch that is not scored, so that nothing is compiled."""
    dataset = datasets.load(experiment.data).dataset
    task = runs.prepare(experiment, dataset, seed=0)
    epoch = Epoch(1, RunState({}, {}, None), {"total": 1.0})
    schedule = experiment.training.__class__(epochs=3, score_every=3)
    scored = (dataset.query, dataset.database)
    return loop.measure(task, epoch, schedule, scored), task, dataset


def test_entries_are_separated_as_the_share_of_ordered_pairs(posterior):
    """Of a right and a wrong entry, the right one is to agree more; ties count half."""
    result, task, dataset = result_of(experiment(kind="swap", rate=0.5))
    right = task.given == dataset.train.labels
    scores = 1 - np.abs(task.given - posterior)
    pairs = scores[right][:, None] - scores[~right][None, :]
    expected = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert result.confidence.entries_roc_auc == pytest.approx(expected)
    assert EpochResult.from_json(result.to_json()) == result


def test_without_wrong_entries_there_is_no_area(posterior):
    result, task, _ = result_of(experiment(kind="none"))
    assert result.confidence.entries_roc_auc is None
    wrong = (1 - posterior)[task.given == 1].mean()
    assert result.confidence.expected_wrong == pytest.approx(wrong)
    missing = posterior[task.given == 0].mean()
    assert result.confidence.expected_missing == pytest.approx(missing)
    assert "entries_roc_auc" not in result.to_json()["confidence"]


def test_posteriors_that_know_the_truth_separate_all_entries():
    clean = np.array([[1, 0, 0], [0, 1, 1]])
    given = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    changes = data.label_noise.label_changes(given, clean)
    assert tasks.posterior_roc_auc(given, 0.8 * clean + 0.1, changes) == 1
    assert tasks.posterior_roc_auc(given, 0.9 - 0.8 * clean, changes) == 0
