"""Calibration: scores to probabilities, by a logistic curve for each class."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num

from scbch_jax.arrays import Scalar
from scbch_jax.errors import check_rank, check_same_shape

STEPS = 30
"""Newton's steps at most; about ten suffice."""

TOLERANCE = 1e-6
"""Increase of the loss that is due to rounding."""

DAMPING = 1e-6
"""Added to the Hessian's diagonal, which is 0 where scores do not vary."""

_State = tuple[Float[Array, " 2"], Scalar, Int[Array, ""]]


@jax.jit
def calibrated(
    scores: Float[Array, "rows classes"], labels: Num[Array, "rows classes"]
) -> Float[Array, "rows classes"]:
    """Probability that a label is given, as a logistic curve of each class's score.

        p_i = σ(a s_i + b), with a and b of the largest likelihood of the targets
        t_i = (n₁ + 1) / (n₁ + 2) where the label is given, 1 / (n₀ + 2) elsewhere

    n₁ and n₀ count the rows with and without the label. The targets are Platt's: they
    keep a finite where scores separate the rows, and matter for rare classes only.

    Args:
        scores: of rows that the model that scores them was not fitted on.
        labels: multi-hot, possibly noisy.

    References:
        Platt, Probabilistic outputs for support vector machines and comparisons to
        regularized likelihood methods, 1999.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> scores = jnp.array([[-1.0], [-1.0], [1.0], [1.0]])
        >>> labels = jnp.array([[0.0], [1.0], [0.0], [1.0]])
        >>> calibrated(scores, labels).tolist()
        [[0.5], [0.5], [0.5], [0.5]]
    """
    check_rank(2, scores=scores)
    check_same_shape(scores=scores, labels=labels)
    return jax.vmap(_curve, in_axes=1, out_axes=1)(scores, labels.astype(scores.dtype))


def _curve(
    scores: Float[Array, " rows"], labels: Float[Array, " rows"]
) -> Float[Array, " rows"]:
    deviation = scores.std()
    x = (scores - scores.mean()) / jnp.where(deviation > 0, deviation, 1.0)
    ones = labels.sum()
    zeros = len(labels) - ones
    targets = jnp.where(labels > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    start = jnp.stack([jnp.zeros_like(ones), jnp.log((ones + 1) / (zeros + 1))])
    slope, intercept = _newton(x, targets, start)
    return jax.nn.sigmoid(slope * x + intercept)


def _newton(
    x: Float[Array, " rows"], targets: Float[Array, " rows"], start: Float[Array, " 2"]
) -> Float[Array, " 2"]:
    """Slope and intercept of the least cross-entropy, by Newton's method.

    A step that increases the loss is halved: far from the minimum it may overshoot.
    """

    def loss(line: Float[Array, " 2"]) -> Scalar:
        logits = line[0] * x + line[1]
        return (jax.nn.softplus(logits) - targets * logits).mean()

    def step_from(line: Float[Array, " 2"]) -> Float[Array, " 2"]:
        p = jax.nn.sigmoid(line[0] * x + line[1])
        residual, curvature = p - targets, p * (1 - p)
        slope, intercept = (residual * x).mean(), residual.mean()
        x1 = (curvature * x).mean()
        xx, one = (curvature * x * x).mean() + DAMPING, curvature.mean() + DAMPING
        step = jnp.stack([x1 * intercept - one * slope, x1 * slope - xx * intercept])
        return step / (xx * one - x1 * x1)

    def improve(state: _State) -> _State:
        line, _, steps = state
        before, full = loss(line), step_from(line)
        shorter = jax.lax.while_loop(
            lambda s: (loss(line + s) > before + TOLERANCE) & (jnp.abs(s).max() > 1e-6),
            lambda s: s / 2,
            full,
        )
        return line + shorter, jnp.abs(shorter).max(), steps + 1

    moving = (start, jnp.ones_like(start[0]), jnp.int32(0))
    return jax.lax.while_loop(
        lambda state: (state[1] > 1e-4) & (state[2] < STEPS), improve, moving
    )[0]
