"""Held-out training rows, by which an epoch is chosen without the test queries."""

import numpy as np
import pytest
import tiny

from scbch_jax import datasets, results, runs
from scbch_jax.config import Training
from scbch_jax.errors import InputError
from scbch_jax.results import EpochResult, RetrievalScore, summarize
from scbch_jax.runs.tasks import split_rows

HELD = 20


@pytest.fixture(scope="module")
def experiment():
    return tiny.experiment(training=Training(epochs=2, hold_out=HELD), seeds=(0,))


@pytest.fixture(scope="module")
def trained(experiment, tmp_path_factory):
    folder = tmp_path_factory.mktemp("held-out") / "run"
    return runs.train(experiment, folder), folder


def test_every_evaluated_epoch_has_a_score_of_held_out_rows(trained, experiment):
    found, folder = trained
    assert all(0 < result.held_out.average <= 1 for result in found)
    saved = results.read_results(folder / "seed-0" / "results.jsonl")
    assert saved == found


def test_labels_of_held_out_rows_change_their_score_alone(trained, experiment):
    """So nothing is trained on them."""
    loaded = datasets.load(experiment.data)
    train = loaded.dataset.train
    _, held = split_rows(len(train.labels), HELD)
    labels = np.array(train.labels)
    labels[held] = np.roll(labels[held], 1, axis=1)
    other = loaded.dataset._replace(train=train._replace(labels=labels))
    before, after = (
        runs.train(
            tiny.experiment(
                training=experiment.training, noise=experiment.noise.__class__("none")
            ),
            loaded=loaded._replace(dataset=dataset),
        )
        for dataset in (loaded.dataset, other)
    )
    for a, b in zip(before, after, strict=True):
        assert (a.losses, a.retrieval) == (b.losses, b.retrieval)
        assert a.held_out != b.held_out


def test_the_epoch_is_selected_by_held_out_rows_alone():
    def result(epoch, held_out, test):
        held_out, test = (RetrievalScore(x, x, x) for x in (held_out, test))
        losses = {"total": 1.0}
        return EpochResult(0, epoch, losses, retrieval=test, held_out=held_out)

    scores = ((0.5, 0.9), (0.75, 0.5), (0.25, 0.75))
    found = [result(i, *pair) for i, pair in enumerate(scores, start=1)]
    summary = summarize(found, 0)
    assert summary.selected is not None
    chosen = [r.epoch for r in (summary.last, summary.best, summary.selected)]
    assert chosen == [3, 1, 2]
    assert results.Summary.from_json(summary.to_json()) == summary


def test_most_training_rows_must_be_left(experiment):
    rows = experiment.data.planted.train
    too_many = tiny.experiment(training=Training(hold_out=rows // 2))
    with pytest.raises(InputError, match=r"training\.hold-out: got"):
        runs.train(too_many)
