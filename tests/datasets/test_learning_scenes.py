"""Scenes are a task: chance, a linear baseline and SCBCH are clearly apart.

Run with -s, it prints the figures of docs/scenes.md.
"""

import numpy as np
import pytest

from scbch_jax import datasets, retrieval, runs
from scbch_jax.config import Data, Experiment, Noise, Training, scbch

BITS = 32
EPOCHS = 30
MODALITIES = ("image", "text")


@pytest.fixture(scope="module")
def loaded():
    return datasets.load(Data(name="scenes"))


def ridge(features, targets, strength=30.0):
    """A linear map from features, each scaled to unit variance, to labels less mean."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    x = ((features - mean) / spread).astype(np.float64)
    gram = x.T @ x + strength * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ (targets - targets.mean(axis=0)))
    return lambda rows: ((rows - mean) / spread) @ weights


def linear_codes(dataset, labels, bits):
    """Both modalities' label scores through one random projection, by their signs."""
    projection = np.random.default_rng(0).normal(size=(labels.shape[1], bits))
    codes = []
    maps = {m: ridge(getattr(dataset.train, m), labels) for m in MODALITIES}
    for part in (dataset.query, dataset.database):
        packed = (
            np.packbits(maps[m](getattr(part, m)) @ projection > 0, axis=1)
            for m in MODALITIES
        )
        codes.append(retrieval.PairedCodes(*packed, part.labels))
    return codes


def scores_of(loaded, rate):
    """Average MAP of linear codes, and the last line of SCBCH."""
    dataset, noise = loaded.dataset, Noise("swap", rate=rate)
    labels = datasets.noisy_labels(
        Data(name="scenes"), noise, dataset.train.labels, seed=0
    )
    linear = retrieval.score(*linear_codes(dataset, labels, BITS))["average"]
    experiment = Experiment(
        noise=noise,
        bits=BITS,
        options=scbch.Options(hidden=512),
        hparams=scbch.HParams(learning_rate=3e-4),
        training=Training(epochs=EPOCHS, score_every=EPOCHS),
    )
    return linear, runs.train(experiment, loaded=loaded)[-1]


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_chance_a_linear_baseline_and_scbch_are_apart(loaded, rate):
    dataset = loaded.dataset
    chance = ((dataset.query.labels @ dataset.database.labels.T) > 0).mean()
    linear, line = scores_of(loaded, rate)
    average, auc = line.retrieval.average, line.confidence.roc_auc
    print(f"\nnoise {rate}: chance {chance:.4f}, linear {linear:.4f}, SCBCH {average}")
    assert linear > chance + 0.1
    assert linear + 0.02 < average < 0.9
    if rate:
        assert auc > 0.7, "noisy rows are found"
