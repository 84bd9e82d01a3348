import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import labels
from scbch_jax.labels import NoiseRates

ROWS = 3000


@pytest.fixture(scope="module")
def drawn():
    """Scores and true labels of three classes; the second implies the first."""
    rng = np.random.default_rng(1)
    true = np.zeros((ROWS, 3), np.float32)
    true[:, 0] = rng.random(ROWS) < 0.4
    true[:, 1] = (rng.random(ROWS) < 0.5) * true[:, 0]
    true[:, 2] = rng.random(ROWS) < 0.3
    scores = 2.5 * true + rng.normal(size=true.shape)
    return scores.astype(np.float32), true


def with_noise(true, missing, wrong):
    lost, added = np.random.default_rng(2).random((2, *true.shape))
    return np.where(true > 0, lost >= missing, added < wrong).astype(np.float32)


@pytest.mark.parametrize(("missing", "wrong"), [(0.0, 0.0), (0.3, 0.0), (0.2, 0.1)])
def test_rates_are_estimated_from_scores(drawn, missing, wrong):
    scores, true = drawn
    _, rates = labels.fit_curves(scores, with_noise(true, missing, wrong))
    np.testing.assert_allclose(rates.missing, missing, atol=0.08)
    np.testing.assert_allclose(rates.wrong, wrong, atol=0.04)


def test_known_rates_are_kept(drawn):
    scores, true = drawn
    _, rates = labels.fit_curves(scores, true, NoiseRates(0.25, 0.125))
    assert (float(rates.missing), float(rates.wrong)) == (0.25, 0.125)


def test_logits_are_nearer_to_the_truth_than_those_of_noisy_labels(drawn):
    scores, true = drawn
    noisy, rates = with_noise(true, 0.3, 0.1), NoiseRates(0.3, 0.1)
    found, _ = labels.fit_curves(scores, noisy, rates)
    ignorant, _ = labels.fit_curves(scores, noisy, NoiseRates(0.0, 0.0))
    errors = [np.square(jax.nn.sigmoid(z) - true).mean() for z in (found, ignorant)]
    assert errors[0] < errors[1]


def test_labels_that_depend_on_each_other_are_predicted_better(drawn):
    scores, true = drawn
    noisy, rates = with_noise(true, 0.3, 0.1), NoiseRates(0.3, 0.1)
    fold = labels.draw_folds(jax.random.key(0), ROWS, folds=3)
    alone, _ = labels.fit_curves(scores, noisy, rates)
    together = labels.add_dependence(alone, noisy, rates, fold)
    errors = [
        np.square(jax.nn.sigmoid(z) - true).mean(axis=0) for z in (alone, together)
    ]
    before, after = map(np.asarray, errors)
    assert (after[:2] < 0.95 * before[:2]).all()
    assert after[2] < 1.02 * before[2]


def test_no_entry_is_predicted_from_its_own_label(drawn):
    """Labels of one class are changed in a fold; other classes do notice."""
    scores, true = drawn
    fold = labels.draw_folds(jax.random.key(0), ROWS, folds=3)
    z, rates = jnp.asarray(scores), NoiseRates(0.1, 0.1)
    changed = true.copy()
    changed[fold == 0, 1] = 1 - changed[fold == 0, 1]
    before, after = (
        np.asarray(labels.add_dependence(z, y, rates, fold))[fold == 0]
        for y in (true, changed)
    )
    differences = np.abs(after - before).max(axis=0)
    assert differences[1] < 1e-4
    assert differences[0] > 0.1


@pytest.mark.errors
def test_shapes_must_agree(drawn):
    scores, true = drawn
    with pytest.raises(ValueError, match="labels"):
        labels.fit_curves(scores, true[:, :2])
