"""What a run leaves for figures, against its codes and labels worked out here."""

import numpy as np
import pytest

from scbch_jax import datasets, retrieval, runs
from scbch_jax.config import Data, Experiment, Planted, Training, scbch
from scbch_jax.errors import Interrupted
from scbch_jax.runs import driver, tasks, traces
from scbch_jax.training import Epoch, RunState

PLAN = Experiment(
    data=Data(planted=Planted(80, 20, 90, classes=4, image_dim=16, words=24)),
    bits=8,
    options=scbch.Options(hidden=16, neighbors=3, warmup_epochs=1),
    hparams=scbch.HParams(learning_rate=1e-3),
    training=Training(epochs=3, batch_size=40, save_every=1),
    seeds=(5,),
)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ran") / "run"
    return folder, driver.run(PLAN, folder)


def load(folder, epoch):
    with np.load(folder / f"seed-5/traces/epoch-{epoch:04d}.npz") as file:
        return dict(file)


def names(folder):
    return sorted(p.name for p in (folder / "seed-5" / "traces").iterdir())


@pytest.mark.parametrize("last", [1, 2, 3, 10, 50, 101])
def test_first_and_last_are_kept_and_few_between(last):
    kept = traces.epochs_of(last)
    assert (kept[0], kept[-1]) == (1, last)
    assert len(set(kept)) == len(kept) <= 5
    assert all(1 <= epoch <= last for epoch in kept)


def test_confidence_and_codes_are_those_of_the_run(ran):
    folder, lines = ran
    assert names(folder) == [f"epoch-000{e}.npz" for e in traces.epochs_of(3)]
    clean = datasets.load(PLAN.data).dataset.train.labels
    for epoch in traces.epochs_of(3):
        trace, line = load(folder, epoch), lines[epoch - 1]
        noise = np.load(folder / "seed-5" / "noise.npz")
        kept = ~np.isin(np.arange(80), noise["rows"])
        weights = trace["confidence"].astype(float)
        assert weights[kept].mean() == pytest.approx(line["confidence_clean"])
        assert weights[~kept].mean() == pytest.approx(line["confidence_noisy"])
        np.testing.assert_array_equal(trace["labels"], clean[trace["rows"]])
    assert len(trace["rows"]) == 16
    recipe, params = runs.saved_params(folder)[1:]
    train = datasets.load(PLAN.data).dataset.train
    (codes,) = driver.encode(params, PLAN.hparams, (train,), recipe=recipe)
    for side in ("image", "text"):
        packed = np.packbits(trace[side] > 0, axis=1)
        np.testing.assert_array_equal(
            packed, np.asarray(getattr(codes, side))[trace["rows"]]
        )


def test_agreement_is_the_cosine_of_what_was_learnt_and_what_is_true(ran):
    dataset = datasets.load(PLAN.data).dataset
    given, clean = tasks.noisy_of(PLAN, dataset, 5), dataset.train.labels
    expected = [
        y @ t / np.sqrt(max(y @ y * (t @ t), 1))
        for y, t in zip(given, clean, strict=True)
    ]
    got = load(ran[0], 3)["agreement"]
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    hit = np.unique(np.load(ran[0] / "seed-5" / "noise.npz")["rows"])
    assert (got[hit] < 1).all()


def test_a_curve_and_some_searches_come_last(ran):
    """Against all distances, and a ranking made here; only ties may differ."""
    folder, _ = ran
    assert "queries" not in load(folder, 1)
    trace, dataset = load(folder, 3), datasets.load(PLAN.data).dataset
    recipe, params = runs.saved_params(folder)[1:]
    parts = (dataset.query, dataset.database)
    query, items = driver.encode(params, PLAN.hparams, parts, recipe=recipe)
    assert trace["database_start"] == 20
    sides = {"i2t": (query.image, items.text), "t2i": (query.text, items.image)}
    for way, (ours, theirs) in sides.items():
        distances = np.asarray(retrieval.hamming_matrix(ours, theirs))
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


@pytest.mark.slow
def test_a_run_that_goes_on_leaves_the_same_files(ran, tmp_path):
    folder, _ = ran
    with pytest.raises(Interrupted):
        driver.run(PLAN, tmp_path / "run", stop=lambda: True)
    assert names(tmp_path / "run") == ["epoch-0001.npz"]
    driver.run(PLAN, tmp_path / "run", resume=True)
    for name in names(folder):
        ours, theirs = (
            f / "seed-5" / "traces" / name for f in (folder, tmp_path / "run")
        )
        assert ours.read_bytes() == theirs.read_bytes(), name


def test_a_method_without_confidence_leaves_the_rest(ran, tmp_path):
    dataset = datasets.load(PLAN.data).dataset
    task = driver.prepare(PLAN, dataset, seed=5)
    params = runs.saved_params(ran[0])[2]
    epoch = Epoch(1, RunState(params, {}, None), {})
    scored = (dataset.query, dataset.database)
    to = tmp_path / "seed-5" / "traces"
    traces.keep(to, PLAN.training, task, epoch, scored, seed=5)
    trace = load(tmp_path, 1)
    assert "confidence" not in trace
    np.testing.assert_array_equal(trace["rows"], load(ran[0], 1)["rows"])
