"""Noise drawn from a model: rates, what changes, and how often."""

import h5py
import numpy as np
import pytest
import scipy.stats

from scbch_jax.data import BENCHMARKS, label_noise
from scbch_jax.data.label_noise import models
from scbch_jax.errors import InputError

ROWS = 2000
BY_ROWS = ("add", "drop", "class-dependent", "instance-dependent")


@pytest.fixture(scope="module")
def drawn():
    """Labels, some with none or all, and images that depend on them in part."""
    rng = np.random.default_rng(0)
    labels = (rng.random((ROWS, 6)) < 0.4).astype(np.float32)
    labels[0], labels[1] = 0, 1
    image = labels @ rng.normal(size=(6, 20)) + 2 * rng.normal(size=(ROWS, 20))
    return labels, image.astype(np.float32)


def corrupt(drawn, kind, rate, seed=0):
    labels, image = drawn
    rng = np.random.default_rng(seed)
    given = {"image": image} if kind == "instance-dependent" else {}
    return label_noise.MODELS[kind](labels, rng, rate=rate, **given)


def full(labels):
    """Rows with some labels and not all: every kind of noise changes them."""
    return (labels > 0).any(axis=1) & (labels < 1).any(axis=1)


def test_the_rate_is_meant_in_decimals(drawn):
    """0.29 · 100 is a little less than 29 in floating point; results of before stay."""
    labels, image = drawn[0][full(drawn[0])][:100], drawn[1][full(drawn[0])][:100]
    for kind in ("swap", *BY_ROWS):
        noisy = corrupt((labels, image), kind, 0.29)
        assert label_noise.corrupted_rows(noisy, labels).sum() == 29
    for rate in (0.2, 0.5, 0.8):
        for samples in (9, 101, 200, 5000, 10000, 10500):
            count = label_noise.corrupted_count(samples, rate)
            assert count == int(samples * rate)


@pytest.mark.parametrize("kind", BY_ROWS)
@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_the_rate_is_exact(drawn, kind, rate):
    labels = drawn[0][full(drawn[0])]
    noisy = corrupt((labels, drawn[1][full(drawn[0])]), kind, rate)
    assert label_noise.corrupted_rows(noisy, labels).sum() == int(len(labels) * rate)
    assert set(np.unique(noisy)) <= {0.0, 1.0}
    assert noisy.dtype == labels.dtype


@pytest.mark.parametrize(
    ("kind", "gained", "lost"),
    [
        ("add", 1, 0),
        ("drop", 0, 1),
        ("class-dependent", 1, 1),
        ("instance-dependent", 1, 1),
    ],
)
def test_what_a_corrupted_row_gains_and_loses(drawn, kind, gained, lost):
    labels = drawn[0]
    change = corrupt(drawn, kind, 1.0) - labels
    some, room = (labels > 0).any(axis=1), (labels < 1).any(axis=1)
    np.testing.assert_array_equal((change > 0).sum(axis=1), gained * room)
    np.testing.assert_array_equal((change < 0).sum(axis=1), lost * some)


@pytest.mark.parametrize("kind", [*BY_ROWS, "flip"])
def test_the_seed_decides_and_the_input_is_left_alone(drawn, kind):
    before = drawn[0].copy()
    first, again = corrupt(drawn, kind, 0.5), corrupt(drawn, kind, 0.5)
    np.testing.assert_array_equal(first, again)
    assert (first != corrupt(drawn, kind, 0.5, seed=1)).any()
    np.testing.assert_array_equal(drawn[0], before)


def test_flips_are_independent(drawn):
    """Shares of all entries, and of pairs in a row, within 4 standard errors."""
    changed = corrupt(drawn, "flip", 0.3) != drawn[0]
    assert abs(changed.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / changed.size)
    both = (changed[:, 0] & changed[:, 1]).mean()
    assert abs(both - 0.09) < 4 * np.sqrt(0.09 * 0.91 / ROWS)


def test_added_and_dropped_labels_are_uniform():
    """Each of five candidates near a fifth of 4,000 draws: chi-square."""
    labels = np.zeros((4000, 6), np.float32)
    labels[:, 0] = 1
    rng = np.random.default_rng(0)
    added = label_noise.add_labels(labels, rng, rate=1.0)[:, 1:].sum(axis=0)
    dropped = label_noise.drop_labels(1 - labels, rng, rate=1.0)
    lost = (1 - labels - dropped)[:, 1:].sum(axis=0)
    for counts in (added, lost):
        assert counts.sum() == 4000
        assert scipy.stats.chisquare(counts).pvalue > 1e-3


def test_confusions_follow_the_matrix():
    labels = np.zeros((6000, 4), np.float32)
    labels[:, 0] = 1
    confusion = np.array([[9, 1, 2, 0], [1, 0, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0]])
    rng = np.random.default_rng(0)
    noisy = label_noise.swap_by_class(labels, rng, rate=1.0, confusion=confusion)
    counts = noisy.sum(axis=0)
    assert counts[0] == counts[3] == 0
    assert scipy.stats.chisquare(counts[1:3], [2000, 4000]).pvalue > 1e-3
    labels = np.roll(labels, 3, axis=1)
    counts = label_noise.swap_by_class(labels, rng, rate=1.0, confusion=confusion).sum(
        axis=0
    )
    assert counts[3] == 0
    assert scipy.stats.chisquare(counts[:3]).pvalue > 1e-3, "no confusion: any label"


def test_by_default_labels_that_occur_together_are_confused():
    """Labels 0 and 1 are often together, 0 and 2 never: 0 is replaced by 1."""
    labels = np.array([[1, 1, 0, 0]] * 50 + [[1, 0, 0, 0]] * 50 + [[0, 0, 1, 1]] * 50)
    noisy = label_noise.swap_by_class(labels, np.random.default_rng(0), rate=1.0)
    np.testing.assert_array_equal(noisy[50:100], [[0, 1, 0, 0]] * 50)


@pytest.mark.errors
def test_bad_matrices_are_refused(drawn):
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="confusion: got negative or NaN"):
        label_noise.swap_by_class(drawn[0], rng, rate=1, confusion=-np.eye(6))
    for matrix in (np.zeros((6, 6)), np.eye(6)):
        with pytest.raises(InputError, match="confusion: got only zeros off the diag"):
            label_noise.swap_by_class(drawn[0], rng, rate=1, confusion=matrix)
    with pytest.raises(ValueError, match="classes: got shape"):
        label_noise.swap_by_class(drawn[0], rng, rate=1, confusion=np.eye(5))


def quantiles(rng, weights, chosen):
    """Where each row's choice lies among what it could be, from the least likely on.

    Uniform on [0, 1] if choices are drawn in proportion to the weights, whatever these
    are: a position within the choice's own share is drawn by `rng`.
    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    order = np.argsort(shares, axis=1, kind="stable")
    positions = (order == chosen[:, None]).argmax(axis=1)[:, None]
    upper = np.cumsum(np.take_along_axis(shares, order, axis=1), axis=1)
    own = shares[np.arange(len(chosen)), chosen]
    return (
        np.take_along_axis(upper, positions, axis=1)[:, 0] - rng.random(len(own)) * own
    )


def assert_drawn_by(weights, chosen, uniform):
    """The choices follow the weights, and uniform ones do not."""
    rng = np.random.default_rng(9)
    actual, expected = (
        scipy.stats.kstest(quantiles(rng, weights, x), "uniform").pvalue
        for x in (chosen, uniform)
    )
    assert actual > 1e-3 > expected


def test_mistakes_are_those_that_the_image_suggests(drawn):
    """Added in proportion to exp(score), dropped to exp(-score); a swap is uniform."""
    rows = full(drawn[0])
    labels, image = drawn[0][rows], drawn[1][rows]
    scores = models.weak_scores(labels, np.random.default_rng(5), image)
    noisy = corrupt((labels, image), "instance-dependent", 1.0, seed=5)
    uniform = corrupt((labels, image), "swap", 1.0, seed=5)
    for sign in (1, -1):
        weights = np.exp(sign * scores) * (sign * labels < 0.5 * sign)
        actual, expected = (
            (sign * (x - labels)).argmax(axis=1) for x in (noisy, uniform)
        )
        assert_drawn_by(weights, actual, expected)


def test_rows_with_a_large_margin_are_corrupted_first():
    """A single corrupted row is drawn in proportion to exp(margin) of the scores."""
    rng, tries = np.random.default_rng(0), 1000
    labels = np.array([[1, 0, 0], [0, 1, 1]] * 5)
    image = rng.normal(size=(10, 4))
    weights, changed = np.empty((tries, 10)), np.empty(tries, int)
    for seed in range(tries):
        scores = models.weak_scores(labels, np.random.default_rng(seed), image)
        present = np.where(labels > 0, scores, np.inf).min(axis=1)
        weights[seed] = np.exp(np.where(labels > 0, -np.inf, scores).max(1) - present)
        noisy = corrupt((labels, image), "instance-dependent", 0.1, seed)
        (changed[seed],) = np.flatnonzero(label_noise.corrupted_rows(noisy, labels))
    assert_drawn_by(weights, changed, rng.integers(10, size=tries))


def test_the_weak_classifier_is_better_than_chance(drawn):
    """For each label, by a rank test."""
    labels, image = drawn
    scores = models.weak_scores(labels, np.random.default_rng(0), image)
    for has, likely in zip(labels.T > 0, scores.T, strict=True):
        test = scipy.stats.mannwhitneyu(
            likely[has], likely[~has], alternative="greater"
        )
        assert test.pvalue < 1e-6


def test_the_weak_classifier_never_saw_the_rows_that_it_scores(drawn):
    """Another label of a row leaves its own scores, but for a factor of all rows."""
    labels, image = drawn
    others = labels.copy()
    others[7] = 1 - others[7]
    before, after = (
        models.weak_scores(given, np.random.default_rng(0), image)
        for given in (labels, others)
    )
    ratio = after / before
    np.testing.assert_allclose(ratio[7], ratio[7, 0], rtol=1e-9)
    assert np.ptp(ratio, axis=1).max() > 1e-3, "rows of the other half was fitted on it"


def test_effect_by_hand():
    clean = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]])
    noisy = np.array([[1, 0, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]])
    effect = label_noise.effect_of(noisy, clean, block=3)
    assert effect.rows == 1 / 4
    assert effect.entries == pytest.approx(2 / 12)
    assert effect.precision == effect.recall == 4 / 5
    assert effect.pairs == 2 / 6, "rows 0 and 1 no longer, rows 1 and 2 now"
    assert label_noise.effect_of(clean, clean) == (0, 0, 1, 1, 0)


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.8])
def test_swap_has_the_statistics_of_the_published_files(mirflickr, rate):
    """Rates exactly; added and removed labels of each class by chi-square."""
    path = mirflickr / BENCHMARKS["mirflickr"].noise_file.format(rate=rate)
    if not path.is_file():
        pytest.skip(f"no {path}")
    with h5py.File(path) as file:
        clean, expected = (np.asarray(file[key][()]) for key in ("True", "result"))
    actual = label_noise.swap_labels(clean, np.random.default_rng(0), rate=rate)
    for noisy in (actual, expected):
        change = noisy - clean
        assert label_noise.corrupted_rows(noisy, clean).sum() == int(rate * len(clean))
        changed = change[label_noise.corrupted_rows(noisy, clean)]
        assert ((changed > 0).sum(axis=1) == 1).all(), "one added, not the removed one"
        assert ((changed < 0).sum(axis=1) == 1).all()
    for sign in (1, -1):
        counts = [(sign * (x - clean) > 0).sum(axis=0) for x in (actual, expected)]
        table = np.array(counts)
        assert scipy.stats.chi2_contingency(table).pvalue > 1e-3
