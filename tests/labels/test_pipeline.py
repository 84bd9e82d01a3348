import jax
import numpy as np
import pytest

from scbch_jax import labels
from scbch_jax.config import Planted
from scbch_jax.data import label_noise
from scbch_jax.data.planted import planted
from scbch_jax.errors import InputError
from scbch_jax.labels import noisy_logistic


@pytest.fixture(scope="module")
def easy():
    """A planted training set whose labels can be told from its features."""
    sizes = Planted(
        2000, queries=1, database=2000, classes=6, clutter=0.5, word_dropout=0.2
    )
    return planted(sizes).train


def f1(found, true):
    return 2 * (found * true).sum() / (found.sum() + true.sum())


def rates_of(noisy, clean):
    missing = ((clean > noisy).sum(axis=0) / clean.sum(axis=0)).astype(np.float32)
    wrong = (noisy > clean).sum(axis=0) / (1 - clean).sum(axis=0)
    return labels.NoiseRates(missing, wrong.astype(np.float32))


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_posteriors_are_nearer_to_clean_labels_than_given_ones(easy, rate):
    """With rates that are known, and with estimated ones."""
    noisy = label_noise.swap_labels(easy.labels, np.random.default_rng(0), rate=rate)
    for rates in (rates_of(noisy, easy.labels), None):
        found = labels.posteriors(*easy[:2], noisy, key=jax.random.key(0), rates=rates)
        q = np.asarray(found.probability)
        assert f1(q > 0.5, easy.labels) > f1(noisy, easy.labels)
        before, after = (np.square(x - easy.labels).mean() for x in (noisy, q))
        assert after < 0.75 * before


def test_one_program_fits_all_and_is_compiled_beforehand(easy, caplog):
    """JAX's own messages tell what is compiled."""

    def programs():
        said = [record.getMessage() for record in caplog.records]
        return sum("Compiling jit(_fit)" in line for line in said)

    noisy = easy.labels[:1000]
    scores = jax.random.normal(jax.random.key(0), noisy.shape)
    fold = labels.draw_folds(jax.random.key(1), len(noisy), folds=2)
    with jax.log_compiles():
        noisy_logistic.compile_for(jax.numpy.asarray(noisy))
        assert programs() == 1
        logits, rates = labels.fit_curves(scores, jax.numpy.asarray(noisy))
        labels.add_dependence(logits, jax.numpy.asarray(noisy), rates, fold)
    assert programs() == 1


def test_clean_labels_are_left_nearly_as_they_are(easy):
    found = labels.posteriors(*easy, key=jax.random.key(0))
    assert float(np.mean(found.rates.missing)) < 0.02
    assert float(np.mean(found.rates.wrong)) < 0.02
    np.testing.assert_array_equal(found.probability > 0.5, easy.labels)


def test_where_hardly_a_label_is_wrong_none_is_contradicted(easy):
    """Unless the rates are known: estimates are not that exact."""
    few = label_noise.swap_labels(easy.labels, np.random.default_rng(0), rate=0.01)
    found = labels.posteriors(*easy[:2], few, key=jax.random.key(0))
    assert np.abs(few - found.probability).mean() < labels.pipeline.LEAST_ERRORS
    np.testing.assert_array_equal(found.probability > 0.5, few)
    known = labels.posteriors(
        *easy[:2], few, key=jax.random.key(0), rates=rates_of(few, easy.labels)
    )
    assert ((known.probability > 0.5) != few).any()


def test_the_stages_make_the_pipeline(easy):
    fold = labels.draw_folds(jax.random.key(0), len(easy.labels), folds=5)
    features = labels.joint_features(easy.image, easy.text)
    scores = labels.cross_fitted_scores(features, easy.labels, fold, ridge=0.5)
    rates = labels.NoiseRates(0.2, 0.1)
    logits, _ = labels.fit_curves(scores, easy.labels, rates)
    logits = labels.add_dependence(logits, easy.labels, rates, fold)
    expected = labels.label_posterior(easy.labels, jax.nn.sigmoid(logits), rates)
    found = labels.posteriors(*easy, key=jax.random.key(0), ridge=0.5, rates=rates)
    np.testing.assert_allclose(found.predicted, jax.nn.sigmoid(logits), atol=1e-3)
    np.testing.assert_allclose(found.probability, expected, atol=1e-3)


def test_corrections_are_sorted_by_doubt():
    given = np.array([[1, 0, 1], [0, 0, 1]])
    posterior = np.array([[0.3, 0.6, 0.5], [0.9, 0.5, 0.8]])
    found = labels.corrections(given, posterior)
    assert [tuple(map(float, entry)) for entry in zip(*found, strict=True)] == [
        (1, 0, 0, 0.9),
        (0, 0, 1, 0.3),
        (0, 1, 0, 0.6),
    ]
    np.testing.assert_allclose(labels.expected_errors(given, posterior), [1.8, 1.6])


def test_where_rows_have_one_label_the_posteriors_are_of_one_label(easy):
    """Nearer to the true labels than posteriors that do not know it."""
    one = easy.labels * (easy.labels.sum(axis=1) == 1)[:, None]
    kept = one.any(axis=1)
    train = type(easy)(easy.image[kept], easy.text[kept], one[kept])
    rng = np.random.default_rng(0)
    noisy = label_noise.swap_labels(train.labels, rng, rate=0.5)
    assert (noisy.sum(axis=1) == 1).all()
    found = labels.posteriors(*train[:2], noisy, key=jax.random.key(0))
    np.testing.assert_allclose(found.probability.sum(axis=1), 1, rtol=1e-5)
    fold = labels.draw_folds(jax.random.key(0), len(noisy), folds=5)
    scores = labels.cross_fitted_scores(train[:2], noisy, fold)
    logits, rates = labels.fit_curves(scores, noisy)
    logits = labels.add_dependence(logits, noisy, rates, fold)
    apart = labels.label_posterior(noisy, jax.nn.sigmoid(logits), rates)
    errors = [np.square(q - train.labels).mean() for q in (found.probability, apart)]
    assert errors[0] < errors[1] < np.square(noisy - train.labels).mean()


def test_a_ridge_without_a_solution_is_refused():
    """Its scores would be NaN."""
    x = np.random.default_rng(0).normal(size=(60, 300)).astype(np.float32)
    noisy = (x[:, :2] > 0).astype(np.float32)
    with pytest.raises(InputError, match="ridge: got 1e-12, for which .* no solution"):
        labels.posteriors(x, x, noisy, key=jax.random.key(0), ridge=1e-12)


@pytest.mark.errors
def test_labels_of_another_rank_are_refused():
    x = np.ones((6, 2), np.float32)
    with pytest.raises(ValueError, match="labels"):
        labels.posteriors(x, x, x[:, 0], key=jax.random.key(0))
