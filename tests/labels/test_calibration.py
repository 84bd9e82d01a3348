import draws
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from scbch_jax import labels

SHAPE = 1000, 5


def test_a_known_curve_is_recovered():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(40_000, 2)) * [0.1, 3.0] + [0.5, -20.0]
    curves = np.array([[20.0, -11.0], [0.5, 9.0]])
    expected = 1 / (1 + np.exp(-(scores * curves[:, 0] + curves[:, 1])))
    given = np.float32(rng.uniform(size=scores.shape) < expected)
    p = labels.calibrated(jnp.asarray(scores, jnp.float32), jnp.asarray(given))
    np.testing.assert_allclose(p, expected, atol=0.015)


def test_the_curve_has_the_largest_likelihood_of_the_targets():
    given = np.asarray(draws.labels(1, *SHAPE, share=0.05)).copy()
    given[:, 0] = draws.labels(2, SHAPE[0], 1)[:, 0]
    scores = np.asarray(draws.normal(0, *SHAPE)) + 2 * given
    p = labels.calibrated(jnp.asarray(scores), jnp.asarray(given))
    for x, y, found in zip(scores.T, given.T, np.asarray(p).T, strict=True):
        ones = y.sum()
        targets = np.where(y > 0, (ones + 1) / (ones + 2), 1 / (SHAPE[0] - ones + 2))

        def loss(line, x=x, targets=targets):
            logits = line[0] * x + line[1]
            return (np.logaddexp(0, logits) - targets * logits).sum()

        slope, intercept = scipy.optimize.minimize(loss, [1.0, 0.0], tol=1e-9).x
        expected = 1 / (1 + np.exp(-(slope * x + intercept)))
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_separated_and_rare_classes_stay_within_bounds():
    """A class of one row, of all rows, of none; scores that separate; equal scores."""
    n = SHAPE[0]
    given = np.zeros(SHAPE, np.float32)
    given[0, 0] = given[: n // 2, 1] = given[:, 2] = given[:7, 4] = 1
    scores = np.asarray(draws.normal(0, *SHAPE)).copy()
    scores[0, 0], scores[:, 1], scores[:, 4] = 50.0, 100 * given[:, 1] - 50, 1.0
    p = np.asarray(labels.calibrated(jnp.asarray(scores), jnp.asarray(given)))
    assert np.isfinite(p).all()
    assert p[0, 0] > 0.5 > p[1:, 0].max(), "the row with the label stands out"
    np.testing.assert_allclose(p[:, 1], np.where(given[:, 1], 501 / 502, 1 / 502), 1e-3)
    assert p[:, 2].min() > 0.99 > 0.01 > p[:, 3].max()
    np.testing.assert_allclose(p[:, 4], (7 * 8 / 9 + 993 / 995) / n, rtol=1e-3)


def test_scale_and_origin_of_scores_do_not_matter():
    scores, given = draws.normal(0, *SHAPE), draws.labels(1, *SHAPE)
    expected = labels.calibrated(scores, given)
    actual = labels.calibrated(1e-3 * scores - 1.0, given)
    np.testing.assert_allclose(actual, expected, atol=1e-3)
