"""From cross-fitted scores to probabilities and noise rates, in two stages."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Num

from scbch_jax.errors import check_rank, check_same_shape
from scbch_jax.labels.noisy_logistic import NoisyLogistic, fit_noisy_logistic, logit
from scbch_jax.labels.posterior import NoiseRates

PENALTY_OF_CURVES, PENALTY_OF_DEPENDENCE = 0.1, 50.0


def fit_curves(
    scores: Float[Array | np.ndarray, "rows classes"],
    labels: Num[Array | np.ndarray, "rows classes"],
    rates: NoiseRates | None = None,
) -> tuple[Float[Array, "rows classes"], NoiseRates]:
    """Logits of each label from its score, and the noise rates.

        P(true | s) = σ(a s + a' logit(rank of s) + b), fitted to the noisy labels

    The rank bends the curve: scores of ridge regression end in short tails, and a plain
    logistic curve would take wrong labels of rows with low scores for true ones.

    Args:
        scores: cross-fitted scores s.
        labels: multi-hot, noisy.
        rates: of the noise; estimated if omitted.

    Raises:
        ValueError: if the shapes differ.
    """
    check_rank(2, scores=scores)
    check_same_shape(scores=scores, labels=labels)
    classes = scores.shape[1]
    inputs, start = _curve_inputs(jnp.asarray(scores), jnp.asarray(labels))
    model = fit_noisy_logistic(
        inputs,
        labels,
        used=np.tile(np.eye(classes, dtype=np.float32), (2, 1)),
        penalty=PENALTY_OF_CURVES,
        rates=rates,
        start=start,
        steps=150,
    )
    return model.logits(inputs), model.rates


@jax.jit
def _curve_inputs(
    scores: Float[Array, "rows classes"], labels: Num[Array, "rows classes"]
) -> tuple[Float[Array, "rows width"], NoiseRates]:
    """Standardized scores and logits of their ranks, and the rates to start from."""
    order = jnp.argsort(scores, axis=0)
    rank = (jnp.argsort(order, axis=0) + 0.5) / len(scores)
    tails = jnp.clip(rank, 1e-3, 1 - 1e-3)
    inputs = jnp.concatenate([standardized(scores), standardized(logit(tails))], axis=1)
    return inputs, _extreme_rates(jnp.take_along_axis(labels, order, axis=0))


def add_dependence(
    logits: Float[Array, "rows classes"],
    labels: Num[Array | np.ndarray, "rows classes"],
    rates: NoiseRates,
    fold: Int[np.ndarray, " rows"],
) -> Float[Array, "rows classes"]:
    """Logits of each label given the row's features and all its other labels.

        z'_ic = z_ic + Σ_d u_cd z_id + Σ_{d≠c} v_cd y_id + b_c

    Labels depend on each other: where "sea" is given, "water" is probably right. A
    row's own label of the class is left out, so that it stays independent evidence.
    Rows of a fold are predicted by a model of the others.

    Args:
        logits: z of `fit_curves`.
        labels: y, multi-hot, noisy.
        rates: of the noise.
        fold: of each row, from 0.
    """
    classes = logits.shape[1]
    inputs = _dependence_inputs(logits, jnp.asarray(labels))
    used = np.concatenate([np.ones((classes, classes)), 1 - np.eye(classes)])
    fit = partial(
        fit_noisy_logistic,
        inputs,
        labels,
        used=used.astype(np.float32),
        penalty=PENALTY_OF_DEPENDENCE,
        rates=rates,
        offset=logits,
    )
    found = np.zeros(logits.shape, np.float32)
    for k in range(int(fold.max()) + 1):
        model: NoisyLogistic = fit(row_weights=(fold != k).astype(np.float32))
        found = np.where((fold == k)[:, None], model.logits(inputs), found)
    return logits + found


@jax.jit
def _dependence_inputs(
    logits: Float[Array, "rows classes"], labels: Num[Array, "rows classes"]
) -> Float[Array, "rows width"]:
    return standardized(jnp.concatenate([logits, labels.astype(logits.dtype)], axis=1))


def standardized(columns: Float[Array, "rows width"]) -> Float[Array, "rows width"]:
    """Columns of mean 0 and variance 1; constant ones become 0."""
    centered = columns - columns.mean(axis=0, keepdims=True)
    deviation = jnp.sqrt(jnp.square(centered).mean(axis=0, keepdims=True))
    return centered / jnp.where(deviation > 0, deviation, 1.0)


def _extreme_rates(ranked: Num[Array, "rows classes"]) -> NoiseRates:
    """Rates to start from, of labels in ascending order of the rows' scores.

    Wrong: the share of the lowest tenth that is given the label. Missing: half of the
    share of the highest rows that is not, since not all of these are truly positive.
    """
    ranked = ranked.astype(jnp.float32)
    rows = len(ranked)
    lowest = max(1, rows // 10)
    wrong = (ranked[:lowest].sum(axis=0) + 0.5) / (lowest + 1)
    highest = jnp.maximum(jnp.ceil(0.2 * ranked.sum(axis=0)), 1.0)
    is_highest = (rows - jnp.arange(rows))[:, None] <= highest[None]
    return NoiseRates((1 - (ranked * is_highest).sum(axis=0) / highest) / 2, wrong)
