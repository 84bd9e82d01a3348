"""Cross-fitted ridge regression: scores of rows whose labels the model never saw."""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.linalg import cho_factor, cho_solve
from jaxtyping import Array, Float, Int, Key, Num

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_rank, check_same_rows
from scbch_jax.losses import unit_rows

Rows = Num[Array | np.ndarray, "rows _"]
"""A matrix; of a memory map, blocks of rows are read when they are needed."""

Features = Rows | tuple[Rows, ...]
"""One matrix, or one of each modality, which are joined as `joint_features` does."""


_Block = tuple[Int[np.ndarray, " size"], Float[np.ndarray, " size"]]
"""Row numbers, and a weight of 1 or 0 for each."""

_Model = tuple[
    Float[Array, " width"], Float[Array, "width classes"], Float[Array, " classes"]
]
"""Mean of the shifted features, weights W, and intercept b."""

RIDGES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03)
"""Penalties to choose from, in the order in which they are tried."""


def joint_features(
    image: Num[Array | np.ndarray, "rows image_dim"],
    text: Num[Array | np.ndarray, "rows text_dim"],
) -> Float[Array, "rows width"]:
    """Features of both modalities side by side, each row of unit length in each.

        [x_i / |x_i|, y_i / |y_i|]; rows of zeros stay zeros

    Example:
        >>> joint_features(jnp.array([[0.0, 2.0]]), jnp.array([[3.0]])).tolist()
        [[0.0, 1.0, 1.0]]
    """
    return _joined((jnp.asarray(image), jnp.asarray(text)))


def draw_folds(
    key: Key[Array, ""], rows: int, *, folds: int
) -> Int[np.ndarray, " rows"]:
    """Draws the fold of each row, 0 to folds - 1, in sizes that differ by at most one.

    Raises:
        ValueError: if there are fewer than two folds, or more than rows.
    """
    if not 2 <= folds <= rows:
        raise ValueError(f"folds: got {folds}, wanted 2 to {rows}")
    return np.asarray(jax.random.permutation(key, np.arange(rows) % folds))


def cross_fitted_scores(
    features: Features,
    labels: Num[Array | np.ndarray, "rows classes"],
    fold: Int[np.ndarray, " rows"],
    *,
    ridge: ScalarLike | None = None,
    block: int = 2048,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Float[Array, "rows classes"]:
    """Predicts the labels of each fold by a ridge regression on all other folds.

        s_i = b + (x_i - m)ᵀ W,  W = (G + λ I)⁻¹ C,  λ = ridge · tr(G) / width

    G = Σ_j (x_j - m)(x_j - m)ᵀ, C = Σ_j (x_j - m)(y_j - b)ᵀ and the means m and b are
    sums over the rows of the other folds alone, so that changing the labels of a row
    leaves its own scores as they were, to the bit. Rows are read twice, in blocks;
    memory is that of one block and folds · width² numbers.

    Args:
        features: x; see `Features`.
        labels: y, possibly noisy.
        fold: of each row, from 0; a NumPy array, as of `draw_folds`.
        ridge: penalty relative to the mean of G's diagonal; by default that of `RIDGES`
            from which on the squared error on fold 0 falls no more, the one way in
            which the labels of its rows have an effect on their scores.
        block: rows on the device at once.
        on_rows: called with the number of rows newly read, 2 · rows in all.

    Raises:
        ValueError: if rows do not align, or there are fewer than two folds.

    Example:
        >>> x = jnp.array([[0.0], [1.0], [2.0], [3.0]])
        >>> fold = np.array([0, 1, 0, 1])
        >>> print(cross_fitted_scores(x, x, fold, ridge=1e-6).round(2).T)
        [[0. 1. 2. 3.]]
    """
    order = _rows_of_folds(features, labels, fold)
    size = min(block, max(map(len, order)))
    shift = _mean(_read(features, order[0][:size]))
    sums = [
        _moments(features, labels, _padded(rows, size), shift, on_rows)
        for rows in order
    ]
    ridge, model = _best_ridge(sums) if ridge is None else (ridge, None)
    scores = []
    for k, rows in enumerate(order):
        if k > 0 or model is None:
            model = _fit(sums[:k] + sums[k + 1 :], ridge)
        for part, weight in _padded(rows, size):
            predicted = _predict(_read(features, part), shift, *model)
            scores.append(jax.block_until_ready(predicted)[: int(weight.sum())])
            on_rows(int(weight.sum()))
    return _in_order(scores, np.argsort(np.concatenate(order)))


@jax.jit
def _in_order(
    parts: list[Float[Array, "_ classes"]], order: Int[Array, " rows"]
) -> Float[Array, "rows classes"]:
    return jnp.concatenate(parts)[order]


def _rows_of_folds(
    features: Features,
    labels: Num[Array | np.ndarray, "rows classes"],
    fold: Int[np.ndarray, " rows"],
) -> list[Int[np.ndarray, " _"]]:
    """Row numbers of each fold, after a check of the shapes."""
    matrices = features if isinstance(features, tuple) else (features,)
    named = {f"features {i}": x for i, x in enumerate(matrices)}
    check_rank(2, labels=labels, **named)
    check_same_rows(labels=labels, fold=fold, **named)
    order = [np.flatnonzero(fold == k) for k in range(int(fold.max()) + 1)]
    if len(order) < 2 or not all(map(len, order)):
        raise ValueError("fold: got an empty fold or a single one, wanted two or more")
    return order


@jax.jit
def _mean(x: Float[Array, "n width"]) -> Float[Array, " width"]:
    return x.mean(axis=0)


@jax.jit
def _joined(matrices: tuple[Num[Array, "n _"], ...]) -> Float[Array, "n width"]:
    return jnp.concatenate([unit_rows(x.astype(jnp.float32)) for x in matrices], axis=1)


def _read(features: Features, rows: Int[np.ndarray, " n"]) -> Float[Array, "n width"]:
    if isinstance(features, tuple):
        return _joined(tuple(jnp.asarray(x[rows]) for x in features))
    return jnp.asarray(features[rows], jnp.float32)


def _padded(rows: Int[np.ndarray, " n"], size: int) -> Iterator[_Block]:
    """Blocks of one size, so that one program does for all: rows, and 1 or 0 for each.

    The last block is filled up with its first row, of weight 0.
    """
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        weight = (np.arange(size) < len(part)).astype(np.float32)
        yield np.pad(part, (0, size - len(part)), constant_values=part[0]), weight


def _moments(
    features: Features,
    labels: Num[Array | np.ndarray, "rows classes"],
    blocks: Iterator[_Block],
    shift: Float[Array, " width"],
    on_rows: Callable[[int], None],
) -> Float[Array, "inputs targets"]:
    """Moments of a fold, read block by block."""
    inputs = 1 + len(shift)
    total = jnp.zeros((inputs, inputs + labels.shape[1]))
    for rows, weight in blocks:
        y = jnp.asarray(labels[rows], jnp.float32)
        total = _add_moments(total, _read(features, rows), y, weight, shift)
        jax.block_until_ready(total)  # or blocks wait in memory to be added
        on_rows(int(weight.sum()))
    return total


@jax.jit
def _add_moments(
    total: Float[Array, "inputs targets"],
    x: Float[Array, "n width"],
    labels: Float[Array, "n classes"],
    weight: Float[Array, " n"],
    shift: Float[Array, " width"],
) -> Float[Array, "inputs targets"]:
    """Adds [1, x - shift]ᵀ [1, x - shift, y]: counts, sums and products in one.

    A shift near the mean changes no result, and saves digits when means are taken out.
    """
    weight = weight[:, None]
    left = weight * jnp.concatenate([jnp.ones_like(weight), x - shift[None]], axis=1)
    right = jnp.concatenate([left, weight * labels], axis=1)
    half = left.shape[1] // 2
    top = jnp.matmul(left[:, :half].T, right, precision="highest")
    corner = jnp.matmul(left[:, half:].T, right[:, half:], precision="highest")
    mirrored = top[:, half : left.shape[1]].T
    return total + jnp.concatenate([top, jnp.concatenate([mirrored, corner], axis=1)])


@jax.jit
def _fit(sums: list[Float[Array, "inputs targets"]], ridge: ScalarLike) -> _Model:
    """Ridge regression from the moments of some folds."""
    moments = sum(sums[1:], start=sums[0])
    width = len(moments) - 1
    count, means = moments[0, 0], moments[0, 1:] / moments[0, 0]
    centered = moments[1:, 1:] - count * jnp.outer(means[:width], means)
    gram, cross = centered[:, :width], centered[:, width:]
    scale = jnp.trace(gram) / width
    penalty = ridge * jnp.where(scale > 0, scale, 1.0)
    factor = cho_factor(gram + penalty * jnp.eye(width))
    return means[:width], cho_solve(factor, cross), means[width:]


def _best_ridge(
    sums: list[Float[Array, "inputs targets"]],
) -> tuple[float, _Model | None]:
    """The one of `RIDGES` after which the error on the first fold does not fall.

    The error falls with the penalty and then grows, so smaller ones need no fit.

    Returns:
        The ridge, and its model for the first fold, if a ridge has a solution.
    """
    best: tuple[float, _Model | None] = (RIDGES[0], None)
    least = np.inf
    for ridge in RIDGES:
        model = _fit(sums[1:], ridge)
        error = float(_error(sums[0], *model))
        if not error < least:
            break
        best, least = (ridge, model), error
    return best


@jax.jit
def _error(
    own: Float[Array, "inputs targets"],
    mean: Float[Array, " width"],
    weights: Float[Array, "width classes"],
    intercept: Float[Array, " classes"],
) -> Scalar:
    """Squared error of a model on a fold, less a constant: from the fold's moments.

    Σ |y - Vᵀz|² = Σ |y|² - 2 tr(Vᵀ Σ z yᵀ) + tr(Vᵀ (Σ z zᵀ) V), z = [1, x]
    """
    first = intercept - jnp.matmul(mean, weights, precision="highest")
    v = jnp.concatenate([first[None], weights])
    products, cross = own[:, : len(own)], own[:, len(own) :]
    return (v * (jnp.matmul(products, v, precision="highest") - 2 * cross)).sum()


@jax.jit
def _predict(
    x: Float[Array, "n width"],
    shift: Float[Array, " width"],
    mean: Float[Array, " width"],
    weights: Float[Array, "width classes"],
    intercept: Float[Array, " classes"],
) -> Float[Array, "n classes"]:
    centered = x - (shift + mean)[None]
    return jnp.matmul(centered, weights, precision="highest") + intercept[None]
