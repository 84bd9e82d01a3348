"""Logistic regression on noisy labels: the noise is a part of the likelihood."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Num

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_same_rows
from scbch_jax.labels.posterior import NoiseRates

MOST_MISSING, MOST_WRONG = 0.9, 0.5
"""Upper bounds of estimated rates; the sum of both stays below 1."""

SPREAD = 0.2
"""Standard deviation of a class's rates about those of all classes, in logits. Classes
that tell little about their own rates take over those of the others."""

TINY = 1e-12
"""Smallest probability of a label, so that a logarithm is finite."""


class NoisyLogistic(NamedTuple):
    """A fitted model of all classes."""

    weights: Float[Array, "width classes"]
    intercept: Float[Array, " classes"]
    rates: NoiseRates
    """As given, or as estimated."""

    def logits(
        self, inputs: Float[Array | np.ndarray, "rows width"]
    ) -> Float[Array, "rows classes"]:
        """Z without an offset; σ(z) is the probability that a label is true."""
        return jnp.asarray(inputs) @ self.weights + self.intercept[None]


@partial(jax.jit, static_argnames=("steps",))
def fit_noisy_logistic(
    inputs: Float[Array, "rows width"],
    labels: Num[Array, "rows classes"],
    *,
    used: Float[Array, "width classes"],
    penalty: ScalarLike,
    rates: NoiseRates | None = None,
    start: NoiseRates | None = None,
    offset: Float[Array, "rows classes"] | None = None,
    row_weights: Float[Array, " rows"] | None = None,
    steps: int = 80,
) -> NoisyLogistic:
    """Fits logistic regressions for all classes, of labels that noise has changed.

        P(y_ic = 1 | x_i) = ρ₀_c + (1 - ρ₀_c - ρ₁_c) σ(z_ic),  z = x W + b + offset

    W, b and, unless they are given, the rates maximize the penalized likelihood of the
    noisy labels. The rates are where the curve levels off: of rows that surely lack a
    label, a share of ρ₀ has it; of rows that surely have it, a share of ρ₁ lacks it.
    Logits of estimated rates are shrunk to their mean over the classes; see `SPREAD`.

    Args:
        inputs: x, about standardized.
        labels: y, multi-hot.
        used: 1 where an input may be used for a class, else 0.
        penalty: λ in λ/2 |W|².
        rates: known rates; estimated if omitted.
        start: first values of estimated rates.
        offset: logits that the model adds to, 0 by default.
        row_weights: weight of each row, 1 by default.
        steps: of L-BFGS.

    References:
        Hausman, Abrevaya and Scott-Morton, Misclassification of the dependent variable
        in a discrete-response setting, Journal of Econometrics 1998.

    Raises:
        ValueError: if rows or classes do not align.
    """
    check_same_rows(inputs=inputs, labels=labels)
    y = labels.astype(inputs.dtype)
    weights = jnp.ones(len(y)) if row_weights is None else row_weights
    share = (weights @ y + 0.5) / (weights.sum() + 1)
    first = logit(share) if offset is None else jnp.zeros_like(share)
    base = jnp.zeros_like(y) if offset is None else offset
    params = {"weights": jnp.zeros(used.shape), "intercept": first}
    if rates is None:
        params |= _first_rates(start or NoiseRates(0.1, 0.05), y.shape[1])

    def loss(params: Any) -> Scalar:
        ours = rates if rates is not None else _rates_of(params)
        z = base + inputs @ (params["weights"] * used) + params["intercept"][None]
        likelihood = weights @ _log_likelihood(y, z, ours)
        total = penalty / 2 * jnp.sum(jnp.square(params["weights"] * used))
        if rates is None:
            total += _prior(params)
        return (total - likelihood.sum()) / len(y)

    params = minimize(loss, params, steps)
    found = rates if rates is not None else _rates_of(params)
    return NoisyLogistic(params["weights"] * used, params["intercept"], found)


def _log_likelihood(
    y: Float[Array, "rows classes"], z: Float[Array, "rows classes"], rates: NoiseRates
) -> Float[Array, "rows classes"]:
    """Both probabilities are sums of positive parts, so that neither loses digits."""
    true, false = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    missing, wrong = (jnp.atleast_2d(jnp.asarray(rate, z.dtype)) for rate in rates)
    given = (1 - missing) * true + wrong * false
    absent = missing * true + (1 - wrong) * false
    return jnp.log(jnp.maximum(jnp.where(y > 0, given, absent), TINY))


def _first_rates(start: NoiseRates, classes: int) -> dict[str, Array]:
    missing = jnp.broadcast_to(jnp.asarray(start.missing, jnp.float32), classes)
    wrong = jnp.broadcast_to(jnp.asarray(start.wrong, jnp.float32), classes)
    own = {
        "missing": logit(jnp.clip(missing / MOST_MISSING, 0.01, 0.9)),
        "wrong": logit(jnp.clip(wrong / (MOST_WRONG * (1 - missing)), 0.001, 0.9)),
    }
    return own | {f"mean_{name}": logits.mean() for name, logits in own.items()}


def _rates_of(params: dict[str, Array]) -> NoiseRates:
    missing = MOST_MISSING * jax.nn.sigmoid(params["missing"])
    wrong = MOST_WRONG * jax.nn.sigmoid(params["wrong"]) * (1 - missing)
    return NoiseRates(missing, wrong)


def _prior(params: dict[str, Array]) -> Scalar:
    """Classes near their mean, and the mean, weakly, near rates of a few percent."""
    total = jnp.zeros(())
    for name, usual in (("missing", -2.0), ("wrong", -3.0)):
        mean = params[f"mean_{name}"]
        total += jnp.sum(jnp.square((params[name] - mean) / SPREAD)) / 2
        total += jnp.square((mean - usual) / 3) / 2
    return total


def minimize(loss: Any, params: Any, steps: int) -> Any:
    """Parameters after this many steps of L-BFGS."""
    solver = optax.lbfgs(memory_size=15)
    evaluate = optax.value_and_grad_from_state(loss)

    def step(carry: Any, _: None) -> tuple[Any, None]:
        params, state = carry
        value, grad = evaluate(params, state=state)
        updates, state = solver.update(
            grad, state, params, value=value, grad=grad, value_fn=loss
        )
        return (optax.apply_updates(params, updates), state), None

    (params, _), _ = jax.lax.scan(step, (params, solver.init(params)), length=steps)
    return params


def logit(p: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(p / (1 - p)), precise where p is small."""
    return jnp.log(p) - jnp.log1p(-p)
