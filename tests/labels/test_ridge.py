import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import labels
from scbch_jax.labels.ridge import RIDGES

ROWS, WIDTH, CLASSES = 120, 30, 4
"""One shape for most tests: each is compiled."""


@pytest.fixture(scope="module")
def drawn():
    """Features far from the origin, labels independent of them, folds of 30 rows."""
    x = draws.normal(0, ROWS, WIDTH) + 5.0
    fold = labels.draw_folds(jax.random.key(1), ROWS, folds=4)
    return x, draws.labels(2, ROWS, CLASSES), fold


def reference(x, y, fold, ridge, *, leak=False):
    """Each fold predicted by a least-squares fit of the others, in double precision."""
    x, y = (np.asarray(array, np.float64) for array in (x, y))
    scores = np.empty(y.shape)
    for k in range(fold.max() + 1):
        own = fold == k
        rest = np.ones(len(x), bool) if leak else ~own
        mean, base = x[rest].mean(axis=0), y[rest].mean(axis=0)
        penalty = ridge * np.square(x[rest] - mean).sum() / x.shape[1]
        rows = np.vstack([x[rest] - mean, np.sqrt(penalty) * np.eye(x.shape[1])])
        targets = np.vstack([y[rest] - base, np.zeros((x.shape[1], y.shape[1]))])
        weights = np.linalg.lstsq(rows, targets, rcond=None)[0]
        scores[own] = (x[own] - mean) @ weights + base
    return scores


@pytest.mark.parametrize("ridge", [1e-4, 0.1, 10.0])
def test_scores_against_least_squares_in_double_precision(drawn, ridge):
    scores = labels.cross_fitted_scores(*drawn, ridge=ridge)
    np.testing.assert_allclose(scores, reference(*drawn, ridge), atol=1e-5)


def test_scores_are_the_same_in_one_compiled_program(drawn):
    x, y, fold = drawn
    scores = jax.jit(lambda x, y: labels.cross_fitted_scores(x, y, fold, ridge=0.1))
    np.testing.assert_allclose(scores(x, y), reference(*drawn, 0.1), atol=1e-5)


@pytest.mark.parametrize("block", [7, 30, 4096])
def test_blocks_do_not_change_the_scores(drawn, block):
    scores = labels.cross_fitted_scores(*drawn, ridge=0.1, block=block)
    np.testing.assert_allclose(scores, reference(*drawn, 0.1), atol=1e-5)


def test_a_row_does_not_see_its_own_labels(drawn):
    """To the bit; the rows of other folds do see them."""
    x, y, fold = drawn
    changed = y.at[7].set(1.0 - y[7])
    before, after = (
        np.asarray(labels.cross_fitted_scores(x, given, fold, ridge=0.1))
        for given in (y, changed)
    )
    own = fold == fold[7]
    np.testing.assert_array_equal(before[own], after[own])
    assert (before[~own] != after[~own]).all()


def test_the_ridge_with_the_least_error_on_the_first_fold_is_chosen(drawn):
    """By scores of each ridge; with labels that features explain, and with others."""
    x, noise, fold = drawn
    chosen = []
    for y in (x[:, :CLASSES] - 5.0 + 0.1 * noise, noise):
        found = np.asarray(labels.cross_fitted_scores(x, y, fold))
        each = [
            np.asarray(labels.cross_fitted_scores(x, y, fold, ridge=r)) for r in RIDGES
        ]
        errors = [np.square((s - y)[fold == 0]).sum() for s in each]
        chosen.append(int(np.argmin(errors)))
        np.testing.assert_allclose(found, each[chosen[-1]], atol=1e-6)
    assert chosen[0] > chosen[1], "the second needs a larger penalty"


def correlation(scores, given):
    centered = [np.asarray(a) - np.mean(np.asarray(a), axis=0) for a in (scores, given)]
    return np.corrcoef(centered[0].ravel(), centered[1].ravel())[0, 1]


def test_scores_say_nothing_of_labels_that_are_independent_of_features(drawn):
    """While a fit that sees a row's own labels predicts them."""
    y = drawn[1]
    scores = labels.cross_fitted_scores(*drawn, ridge=0.01)
    leaked = reference(*drawn, 0.01, leak=True)
    assert abs(correlation(scores, y)) < 4 / np.sqrt(y.size)
    assert correlation(leaked, y) > 0.4


def test_permuted_rows_have_permuted_scores(drawn):
    x, y, fold = drawn
    order = np.random.default_rng(0).permutation(ROWS)
    expected = labels.cross_fitted_scores(x, y, fold, ridge=0.1)[order]
    scores = labels.cross_fitted_scores(x[order], y[order], fold[order], ridge=0.1)
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_modalities_are_joined_block_by_block(drawn, tmp_path):
    """Also where they are maps of files."""
    x, y, fold = drawn
    parts = [np.array(x[:, :10]), np.array(x[:, 10:])]
    parts[0][5] = 0.0
    for i, part in enumerate(parts):
        np.save(tmp_path / f"{i}.npy", part)
    maps = tuple(np.load(tmp_path / f"{i}.npy", mmap_mode="r") for i in range(2))
    given, read = np.asarray(y, np.uint8), []
    scores = labels.cross_fitted_scores(
        maps, given, fold, ridge=0.1, block=7, on_rows=read.append
    )
    expected = reference(labels.joint_features(*parts), y, fold, 0.1)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert sum(read) == 2 * ROWS


def test_joint_features_have_unit_length_in_each_modality():
    joint = np.asarray(
        labels.joint_features(
            draws.normal(0, 4, 3).at[1].set(0.0), draws.normal(1, 4, 5)
        )
    )
    lengths = [np.linalg.norm(part, axis=1) for part in (joint[:, :3], joint[:, 3:])]
    np.testing.assert_allclose(lengths, [[1, 0, 1, 1], [1, 1, 1, 1]], atol=1e-6)


def test_features_without_any_variation_predict_the_mean_of_the_other_folds(drawn):
    x, y, fold = drawn
    scores = labels.cross_fitted_scores(jnp.ones_like(x), y, fold, ridge=0.1)
    means = np.array([np.asarray(y)[fold != k].mean(axis=0) for k in range(4)])
    np.testing.assert_allclose(scores, means[fold], atol=1e-6)


@pytest.mark.parametrize("folds", [2, 3, 10])
def test_folds_have_equal_sizes(folds):
    fold = labels.draw_folds(jax.random.key(0), 10, folds=folds)
    assert np.ptp(np.bincount(fold, minlength=folds)) <= 1
    other = labels.draw_folds(jax.random.key(1), 10, folds=folds)
    assert folds == 10 or (fold != other).any()


def test_no_array_of_all_rows():
    """Memory beyond inputs and results is that of a block, whatever the rows."""
    shapes = {
        shape
        for value in jax.make_jaxpr(
            lambda x, y: labels.cross_fitted_scores(
                x, y, np.arange(640) % 2, ridge=0.1, block=64
            )
        )(jnp.ones((640, 8)), jnp.ones((640, 3))).eqns
        for shape in [tuple(v.aval.shape) for v in value.outvars]
    }
    assert (64, 8) in shapes
    assert not {s for s in shapes if len(s) == 2 and s[0] > 64 and s[1] > 3}


def test_what_cannot_be_fitted_is_refused(drawn):
    x, y, fold = drawn
    for rows, folds in ((10, 1), (10, 11)):
        with pytest.raises(ValueError, match=f"folds: got {folds}, wanted 2 to 10"):
            labels.draw_folds(jax.random.key(0), rows, folds=folds)
    with pytest.raises(ValueError, match="empty fold or a single one"):
        labels.cross_fitted_scores(x, y, 0 * fold, ridge=0.1)


@pytest.mark.errors
def test_rows_must_align(drawn):
    x, y, fold = drawn
    with pytest.raises(ValueError, match="fold: got 119 rows, wanted 120 as labels"):
        labels.cross_fitted_scores(x, y, fold[1:], ridge=0.1)
