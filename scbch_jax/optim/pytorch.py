"""Optimizers with the update rules of PyTorch."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int

from scbch_jax.arrays import ScalarLike


def torch_adam(
    learning_rate: ScalarLike,
    *,
    weight_decay: ScalarLike,
    b1: float = 0.9,
    b2: float = 0.999,
) -> optax.GradientTransformation:
    """Adam with L2 decay: the decay joins the gradient before the moments.

    This is `torch.optim.Adam(weight_decay=...)`, and not AdamW.

    Args:
        learning_rate: may be traced.
        weight_decay: factor of the weights that is added to their gradient.
        b1: decay of the gradients' mean.
        b2: decay of the squared gradients' mean.
    """
    return optax.chain(
        optax.add_decayed_weights(weight_decay),
        scale_by_exact_adam(b1=b1, b2=b2),
        optax.scale_by_learning_rate(learning_rate),
    )


def torch_sgd(
    learning_rate: ScalarLike, *, momentum: ScalarLike, weight_decay: ScalarLike
) -> optax.GradientTransformation:
    """SGD with momentum: `torch.optim.SGD(momentum=..., weight_decay=...)`.

    Args:
        learning_rate: may be traced.
        momentum: decay of the accumulated gradient.
        weight_decay: factor of the weights that is added to their gradient.
    """
    return optax.chain(
        optax.add_decayed_weights(weight_decay),
        optax.trace(momentum),
        optax.scale_by_learning_rate(learning_rate),
    )


def torch_rmsprop(
    learning_rate: ScalarLike, *, weight_decay: ScalarLike
) -> optax.GradientTransformation:
    """RMSprop with L2 decay: `torch.optim.RMSprop(weight_decay=...)`.

    The mean of squares starts at 0 with decay 0.99; 1e-8 is added to its root.

    Args:
        learning_rate: may be traced.
        weight_decay: factor of the weights that is added to their gradient.
    """
    return optax.chain(
        optax.add_decayed_weights(weight_decay),
        optax.scale_by_rms(decay=0.99, eps=1e-8, eps_in_sqrt=False),
        optax.scale_by_learning_rate(learning_rate),
    )


def torch_clip(max_norm: ScalarLike) -> optax.GradientTransformation:
    """Clips the global norm of the gradient: `torch.nn.utils.clip_grad_norm_`.

    Unlike `optax.clip_by_global_norm` it adds 1e-6 to the norm.

    Args:
        max_norm: gradients with a smaller norm stay as they are.
    """

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        factor = jnp.minimum(1.0, max_norm / (optax.tree.norm(updates) + 1e-6))
        return jax.tree.map(lambda x: x * factor, updates), state

    return optax.GradientTransformation(lambda params: optax.EmptyState(), update)


def scale_after_epochs(
    epochs: tuple[int, ...], *, factor: float = 0.1
) -> optax.GradientTransformationExtraArgs:
    """Scales updates by a factor after each of some epochs: PyTorch's `MultiStepLR`.

    Args:
        epochs: milestones, from 0; each is still trained at the rate before it.
        factor: of the updates, once for each milestone passed.
    """

    def scale(state: Any) -> Any:
        passed = sum((state.epoch > e for e in epochs), start=jnp.zeros(()))
        return factor**passed

    return scale_by_state(scale)


def scale_by_state(
    scale: Callable[[Any], Any],
) -> optax.GradientTransformationExtraArgs:
    """Scales updates by a number that the method's state gives: a schedule.

    Args:
        scale: method's state -> factor of the updates; may be traced.
    """

    def update(
        updates: Any, state: Any, params: Any = None, **given: Any
    ) -> tuple[Any, Any]:
        factor = scale(given["method_state"])
        return jax.tree.map(lambda x: x * factor, updates), state

    return optax.GradientTransformationExtraArgs(
        lambda params: optax.EmptyState(), update
    )


def step_if(
    condition: Callable[[Any], Any], inner: optax.GradientTransformation
) -> optax.GradientTransformationExtraArgs:
    """Skips a step, state included, unless the method's state meets a condition.

    `optax.conditionally_mask` would add a counter to the optimizer's state, which
    checkpoints of earlier versions do not have.

    Args:
        condition: method's state -> whether to step; may be traced.
        inner: the optimizer.
    """

    def update(
        updates: Any, state: Any, params: Any = None, **given: Any
    ) -> tuple[Any, Any]:
        ok = condition(given["method_state"])
        updates, moved = inner.update(updates, state, params)
        updates = jax.tree.map(lambda x: jnp.where(ok, x, jnp.zeros_like(x)), updates)
        return updates, jax.tree.map(lambda a, b: jnp.where(ok, a, b), moved, state)

    return optax.GradientTransformationExtraArgs(inner.init, update)


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
