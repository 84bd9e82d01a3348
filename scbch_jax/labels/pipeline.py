"""From features and noisy labels to posteriors, stage by stage."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Num

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_rank, require
from scbch_jax.labels.curves import add_dependence, fit_curves
from scbch_jax.labels.exclusive import (
    exclusive_posterior,
    fit_exclusive,
    is_exclusive,
)
from scbch_jax.labels.noisy_logistic import compile_for
from scbch_jax.labels.posterior import NoiseRates, label_posterior
from scbch_jax.labels.ridge import RIDGES, cross_fitted_scores, draw_folds

LEAST_ERRORS = 0.005
"""Share of wrong entries below which an estimate cannot be told from errors of the
model: labels may then be doubted, but none is contradicted."""


class Posteriors(NamedTuple):
    """Posteriors, and what they were computed from."""

    probability: Float[Array, "rows classes"]
    """P(true | given, x)."""
    predicted: Float[Array, "rows classes"]
    """P(true | features, other labels of the row), cross-fitted; P(true | features) if
    each row has one label."""
    rates: NoiseRates
    """Known or estimated."""


def posteriors(
    image: Num[Array | np.ndarray, "rows image_dim"],
    text: Num[Array | np.ndarray, "rows text_dim"],
    labels: Num[Array | np.ndarray, "rows classes"],
    *,
    key: Key[Array, ""],
    folds: int = 5,
    ridge: ScalarLike | None = None,
    rates: NoiseRates | None = None,
    on_rows: Callable[[int], None] = lambda rows: None,
) -> Posteriors:
    """Probability of every label that it is true, from noisy labels and features.

    `cross_fitted_scores` of both modalities, `fit_curves`, `add_dependence`, and
    `label_posterior`. If exactly one label of each row is given, one is taken to be
    true, and the steps after the first are `fit_exclusive` and `exclusive_posterior`.
    If otherwise the rates are estimated and fewer than `LEAST_ERRORS` of all entries
    are expected to be wrong, each posterior is kept on the side of the given label.

    Args:
        image: features; a NumPy array or memory map is read in blocks.
        text: features of the same rows.
        labels: multi-hot, noisy.
        key: draws the folds.
        folds: number of folds, 2 to rows.
        ridge: relative penalty, chosen by default; see `cross_fitted_scores`.
        rates: of the noise; estimated with the curves if omitted.
        on_rows: called with the number of rows newly read, 2 · rows in all.

    Raises:
        ValueError: if rows do not align or there are more folds than rows.
        InputError: if the ridge is too small for a solution.
    """
    check_rank(2, labels=labels)
    fold = draw_folds(key, len(labels), folds=folds)
    given, exclusive = jnp.asarray(labels), is_exclusive(labels)
    with ThreadPoolExecutor(1) as beside:  # seconds of compiling while rows are read
        compiled = None if exclusive else beside.submit(compile_for, given)
        scores = cross_fitted_scores(
            (image, text), labels, fold, ridge=ridge, on_rows=on_rows
        )
        if compiled is not None:
            compiled.result()
    chosen = f"{RIDGES[0]:g}, the largest that is tried" if ridge is None else ridge
    got = f"{chosen}, for which the regression has no solution"
    require(bool(np.isfinite(scores).all()), "ridge", got, "a larger number")
    if exclusive:
        logits, found = fit_exclusive(scores, given, rates)
        probability = exclusive_posterior(given, logits, found)
        return Posteriors(probability, jax.nn.softmax(logits, axis=1), found)
    logits, found = fit_curves(scores, given, rates)
    logits = add_dependence(logits, given, found, fold)
    predicted = _logistic(logits)
    probability = label_posterior(given, predicted, found)
    if rates is None and _difference(given, probability) < LEAST_ERRORS:
        probability = not_contradicted(given, probability)
    return Posteriors(probability, predicted, found)


@jax.jit
def _logistic(logits: Float[Array, "rows classes"]) -> Float[Array, "rows classes"]:
    """σ; `jax.nn.sigmoid` takes six times as long to compile."""
    return 1 / (1 + jnp.exp(-logits))


@jax.jit
def _difference(
    labels: Num[Array, "rows classes"], probability: Float[Array, "rows classes"]
) -> Scalar:
    """Share of entries that are expected to be wrong."""
    return jnp.abs(labels - probability).mean()


@jax.jit
def not_contradicted(
    labels: Num[Array, "rows classes"], probability: Float[Array, "rows classes"]
) -> Float[Array, "rows classes"]:
    """Posteriors on the side of the given label: at least 0.51, or at most 0.49.

    Example:
        >>> labels = jnp.array([[1.0, 1.0, 0.0]])
        >>> not_contradicted(labels, jnp.array([[0.75, 0.25, 0.0]]))
        Array([[0.75, 0.51, 0.  ]], dtype=float32)
    """
    return jnp.where(
        labels > 0, jnp.maximum(probability, 0.51), jnp.minimum(probability, 0.49)
    )
