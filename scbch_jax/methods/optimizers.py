"""Optimizers that step as PyTorch's do."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from scbch_jax.types import ScalarLike


def torch_adam(
    learning_rate: ScalarLike, *, weight_decay: ScalarLike
) -> optax.GradientTransformation:
    """Adam with L2 decay: the decay joins the gradient before the moments.

    This is `torch.optim.Adam(weight_decay=...)`, and not AdamW.

    Args:
        learning_rate: step size; may be traced.
        weight_decay: factor of the weights that is added to their gradient.
    """
    return optax.chain(
        optax.add_decayed_weights(weight_decay),
        scale_by_exact_adam(),
        optax.scale_by_learning_rate(learning_rate),
    )


def scale_by_exact_adam(
    *, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8
) -> optax.GradientTransformation:
    """Adam (arXiv 1412.6980, algorithm 1) with its bias corrections kept exact.

    `optax.scale_by_adam` takes 1 - b2^t in float32, where the first is off by 1e-5 of
    itself, and so is every weight's step; PyTorch takes it in double precision.

    Args:
        b1: decay of the gradients' mean.
        b2: decay of the squared gradients' mean.
        eps: added to the root of the latter.
    """

    def init(params: Any) -> optax.ScaleByAdamState:
        mean, square = (jax.tree.map(jnp.zeros_like, params) for _ in range(2))
        return optax.ScaleByAdamState(jnp.zeros([], jnp.int32), mean, square)

    def update(
        updates: Any, state: Any, params: Any = None
    ) -> tuple[Any, optax.ScaleByAdamState]:
        mean = optax.tree.update_moment(updates, state.mu, b1, 1)
        square = optax.tree.update_moment_per_elem_norm(updates, state.nu, b2, 2)
        count = jnp.asarray(optax.safe_increment(state.count))

        def step(m: Any, s: Any) -> Any:
            sizes = [one_minus_power(b, count).astype(m.dtype) for b in (b1, b2)]
            return m / sizes[0] / (jnp.sqrt(s / sizes[1]) + eps)

        state = optax.ScaleByAdamState(count, mean, square)
        return jax.tree.map(step, mean, square), state

    return optax.GradientTransformation(init, update)


def one_minus_power(base: float, exponent: Int[Array, ""]) -> Float[Array, ""]:
    """1 - base^exponent, without taking the difference of two numbers near 1.

    Args:
        base: in (0, 1).
        exponent: positive.
    """
    return -jnp.expm1(exponent * math.log(base))
