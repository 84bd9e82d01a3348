"""Logistic regression on noisy labels: the noise is a part of the likelihood."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.core import Tracer
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Num

from scbch_jax.arrays import Scalar, ScalarLike
from scbch_jax.errors import check_same_rows
from scbch_jax.labels.posterior import NoiseRates

MOST_MISSING, MOST_WRONG = 0.9, 0.5
"""Upper bounds of estimated rates where rows may have several labels; the sum of both
stays below 1."""

SPREAD = 0.2
"""Standard deviation of a class's rates about those of all classes, in logits. Classes
that tell little about their own rates take over those of the others."""

TINY = 1e-12
"""Smallest probability of a label, so that a logarithm is finite."""

LEVEL = "xla_backend_optimization_level"
"""XLA's option for how much LLVM optimizes: 0 to 3."""


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
        return _linear(inputs, self.weights, self.intercept)


@jax.jit
def _linear(
    inputs: Float[Array, "rows width"],
    weights: Float[Array, "width classes"],
    intercept: Float[Array, " classes"],
) -> Float[Array, "rows classes"]:
    return inputs @ weights + intercept[None]


def fit_noisy_logistic(
    inputs: Float[Array | np.ndarray, "rows width"],
    labels: Num[Array | np.ndarray, "rows classes"],
    *,
    used: Float[Array | np.ndarray, "width classes"],
    penalty: ScalarLike,
    rates: NoiseRates | None = None,
    start: NoiseRates | None = None,
    offset: Float[Array | np.ndarray, "rows classes"] | None = None,
    row_weights: Float[Array | np.ndarray, " rows"] | None = None,
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
    rows, classes = labels.shape
    arguments = {
        "inputs": inputs,
        "labels": labels,
        "used": used,
        "penalty": penalty,
        "known": rates is not None,
        "rates": _of_classes(rates or NoiseRates(0.0, 0.0), classes),
        "start": _of_classes(start or NoiseRates(0.1, 0.05), classes),
        "offset": _zeros(rows, classes) if offset is None else offset,
        "row_weights": _zeros(rows) + 1 if row_weights is None else row_weights,
        "steps": steps,
    }
    model = _program(arguments)(**arguments)
    return model if rates is None else model._replace(rates=rates)


def compile_for(labels: Num[Array, "rows classes"]) -> None:
    """Compiles `fit_noisy_logistic` for these labels and two inputs a class.

    `fit_curves` and `add_dependence` have so many, and find it compiled.
    """
    rows, classes = labels.shape
    inputs = np.zeros((rows, 2 * classes), np.float32)
    used = np.zeros((2 * classes, classes), np.float32)
    fit_noisy_logistic(inputs, labels, used=used, penalty=0.0, steps=0)


def _fit(
    *,
    inputs: Float[Array, "rows width"],
    labels: Num[Array, "rows classes"],
    used: Float[Array, "width classes"],
    penalty: ScalarLike,
    known: bool | Array,
    rates: NoiseRates,
    start: NoiseRates,
    offset: Float[Array, "rows classes"],
    row_weights: Float[Array, " rows"],
    steps: int | Array,
) -> NoisyLogistic:
    """`fit_noisy_logistic` without options left out: one program for all of its uses.

    Nothing but shapes is static, since the program takes seconds to compile.
    """
    y = labels.astype(inputs.dtype)
    share = (row_weights @ y + 0.5) / (row_weights.sum() + 1)
    usual = row_weights @ jax.nn.sigmoid(offset) / row_weights.sum()
    params = {
        "weights": jnp.zeros(used.shape),
        "intercept": logit(share) - logit(jnp.clip(usual, TINY, 1 - 1e-6)),
        **_first_rates(start),
    }

    def rates_of(params: dict[str, Array]) -> NoiseRates:
        return jax.tree.map(partial(jnp.where, known), rates, _rates_of(params))

    def loss(params: dict[str, Array]) -> Scalar:
        z = offset + inputs @ (params["weights"] * used) + params["intercept"][None]
        likelihood = row_weights @ _log_likelihood(y, z, rates_of(params))
        squares = jnp.sum(jnp.square(params["weights"] * used))
        prior = penalty / 2 * squares + jnp.where(known, 0.0, _prior(params))
        return (prior - likelihood.sum()) / len(y)

    params = minimize(loss, params, steps)
    return NoisyLogistic(
        params["weights"] * used, params["intercept"], rates_of(params)
    )


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.float32)


_compiled = jax.jit(_fit)
_compiled_faster = jax.jit(_fit, compiler_options={LEVEL: 1})


def _program(arguments: Any) -> Callable[..., NoisyLogistic]:
    """The fit, on a CPU with fewer of LLVM's optimizations.

    These take more time than they save here. JAX does not accept an option in a
    function that it traces, and one that the user chose in XLA_FLAGS is kept.
    """
    traced = any(isinstance(x, Tracer) for x in jax.tree.leaves(arguments))
    chosen = LEVEL in os.environ.get("XLA_FLAGS", "")
    fewer = jax.default_backend() == "cpu" and not traced and not chosen
    return _compiled_faster if fewer else _compiled


def _of_classes(rates: NoiseRates, classes: int) -> NoiseRates:
    """Rates as one number for each class."""
    return NoiseRates(
        *(jnp.broadcast_to(jnp.asarray(rate, jnp.float32), classes) for rate in rates)
    )


def _log_likelihood(
    y: Float[Array, "rows classes"], z: Float[Array, "rows classes"], rates: NoiseRates
) -> Float[Array, "rows classes"]:
    """Both probabilities are sums of positive parts, so that neither loses digits."""
    true, false = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    missing, wrong = (jnp.atleast_2d(jnp.asarray(rate, z.dtype)) for rate in rates)
    given = (1 - missing) * true + wrong * false
    absent = missing * true + (1 - wrong) * false
    return jnp.log(jnp.maximum(jnp.where(y > 0, given, absent), TINY))


def _first_rates(start: NoiseRates) -> dict[str, Array]:
    missing, wrong = start
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


def minimize(loss: Any, params: Any, steps: int | Array) -> Any:
    """Parameters after this many steps of L-BFGS.

    All of them in one vector: with several arrays it takes a third longer to compile.
    """
    vector, unravel = ravel_pytree(params)

    def loss_of(vector: Array) -> Scalar:
        return loss(unravel(vector))

    solver = optax.lbfgs(memory_size=15)
    evaluate = optax.value_and_grad_from_state(loss_of)

    def step(_: Array, carry: Any) -> tuple[Any, Any]:
        vector, state = carry
        value, grad = evaluate(vector, state=state)
        updates, state = solver.update(
            grad, state, vector, value=value, grad=grad, value_fn=loss_of
        )
        return optax.apply_updates(vector, updates), state

    found, _ = jax.lax.fori_loop(0, steps, step, (vector, solver.init(vector)))
    return unravel(found)


def logit(p: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(p / (1 - p)), precise where p is small."""
    return jnp.log(p) - jnp.log1p(-p)
