"""Traces of a run against codes and labels that are computed here."""

import numpy as np
import pytest
import tiny

from scbch_jax import datasets, retrieval, runs
from scbch_jax.config import Training
from scbch_jax.errors import Interrupted
from scbch_jax.runs import tasks, traces
from scbch_jax.training import Epoch, RunState

EXPERIMENT = tiny.experiment(
    training=Training(epochs=3, batch_size=40, save_every=1), seeds=(5,)
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ran") / "run"
    return folder, runs.train(EXPERIMENT, folder)


def load(folder, epoch):
    with np.load(folder / f"seed-5/traces/epoch-{epoch:04d}.npz") as file:
        return dict(file)


def names(folder):
    return sorted(p.name for p in (folder / "seed-5" / "traces").iterdir())


@pytest.mark.parametrize("last", [1, 2, 3, 10, 50, 101])
def test_the_first_the_last_and_at_most_three_other_epochs_are_traced(last):
    kept = traces.traced_epochs(last)
    assert (kept[0], kept[-1]) == (1, last)
    assert len(set(kept)) == len(kept) <= 5
    assert all(1 <= epoch <= last for epoch in kept)


def test_confidence_and_codes_are_those_of_the_run(ran):
    folder, results = ran
    assert names(folder) == [f"epoch-000{e}.npz" for e in traces.traced_epochs(3)]
    clean = datasets.load(EXPERIMENT.data).dataset.train.labels
    for epoch in traces.traced_epochs(3):
        trace, result = load(folder, epoch), results[epoch - 1]
        noise = np.load(folder / "seed-5" / "noise.npz")
        kept = ~np.isin(np.arange(80), noise["rows"])
        weights = trace["confidence"].astype(float)
        assert weights[kept].mean() == pytest.approx(result.confidence.clean)
        assert weights[~kept].mean() == pytest.approx(result.confidence.noisy)
        np.testing.assert_array_equal(trace["labels"], clean[trace["rows"]])
    assert len(trace["rows"]) == 16
    recipe, params = runs.saved_params(folder)[1:]
    train = datasets.load(EXPERIMENT.data).dataset.train
    (codes,) = runs.encode(params, EXPERIMENT.hparams, (train,), recipe=recipe)
    for side in ("image", "text"):
        packed = np.packbits(trace[side] > 0, axis=1)
        np.testing.assert_array_equal(
            packed, np.asarray(getattr(codes, side))[trace["rows"]]
        )


def test_label_cosine_is_the_cosine_of_noisy_and_clean_labels(ran):
    dataset = datasets.load(EXPERIMENT.data).dataset
    given, clean = tasks.noisy_labels(EXPERIMENT, dataset, 5), dataset.train.labels
    expected = [
        y @ t / np.sqrt(max(y @ y * (t @ t), 1))
        for y, t in zip(given, clean, strict=True)
    ]
    got = load(ran[0], 3)["label_cosine"]
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    hit = np.unique(np.load(ran[0] / "seed-5" / "noise.npz")["rows"])
    assert (got[hit] < 1).all()


def test_the_last_trace_has_curves_and_some_searches(ran):
    """Against all distances, and a ranking made here; only ties may differ."""
    folder, _ = ran
    assert "queries" not in load(folder, 1)
    trace, dataset = load(folder, 3), datasets.load(EXPERIMENT.data).dataset
    recipe, params = runs.saved_params(folder)[1:]
    parts = (dataset.query, dataset.database)
    query, items = runs.encode(params, EXPERIMENT.hparams, parts, recipe=recipe)
    assert trace["database_start"] == 20
    sides = {"i2t": (query.image, items.text), "t2i": (query.text, items.image)}
    for way, (query_codes, item_codes) in sides.items():
        distances = np.asarray(retrieval.hamming_matrix(query_codes, item_codes))
        found, rows = trace[f"items_{way}"], trace["queries"]
        shown = np.take_along_axis(distances[rows], found, axis=1)
        np.testing.assert_array_equal(shown, trace[f"distances_{way}"])
        np.testing.assert_array_equal(shown, np.sort(distances[rows], axis=1)[:, :6])
        labels = dataset.database.labels[found]
        np.testing.assert_array_equal(trace[f"labels_{way}"], labels)
        relevant = dataset.query.labels @ dataset.database.labels.T > 0
        some = relevant.any(axis=1)
        assert trace[f"precision_{way}"][-1] == pytest.approx(relevant[some].mean())
        assert trace[f"recall_{way}"][-1] == 1
    assert trace["depths"][-1] == 90


def test_changed_pairs_are_those_of_which_noise_changes_that_they_share_a_label(ran):
    dataset = datasets.load(EXPERIMENT.data).dataset
    given, clean = tasks.noisy_labels(EXPERIMENT, dataset, 5), dataset.train.labels
    pairs = [(i, j) for i in range(80) for j in range(80) if i != j]
    changed = [(given[i] @ given[j] > 0) != (clean[i] @ clean[j] > 0) for i, j in pairs]
    assert load(ran[0], 3)["changed_pairs"] == pytest.approx(np.mean(changed))
    assert "changed_pairs" not in load(ran[0], 1)


@pytest.mark.slow
def test_a_resumed_run_has_the_same_traces(ran, tmp_path):
    folder, _ = ran
    with pytest.raises(Interrupted):
        runs.train(EXPERIMENT, tmp_path / "run", stop=lambda: True)
    assert names(tmp_path / "run") == ["epoch-0001.npz"]
    runs.train(EXPERIMENT, tmp_path / "run", resume=True)
    for name in names(folder):
        whole, resumed = (
            f / "seed-5" / "traces" / name for f in (folder, tmp_path / "run")
        )
        assert whole.read_bytes() == resumed.read_bytes(), name


def test_a_method_without_confidence_has_the_other_arrays(ran, tmp_path):
    dataset = datasets.load(EXPERIMENT.data).dataset
    task = runs.prepare(EXPERIMENT, dataset, seed=5)
    params = runs.saved_params(ran[0])[2]
    epoch = Epoch(1, RunState(params, {}, None), {})
    scored = (dataset.query, dataset.database)
    to = tmp_path / "seed-5" / "traces"
    traces.write_trace(to, EXPERIMENT.training, task, epoch, scored)
    trace = load(tmp_path, 1)
    assert "confidence" not in trace
    np.testing.assert_array_equal(trace["rows"], load(ran[0], 1)["rows"])
