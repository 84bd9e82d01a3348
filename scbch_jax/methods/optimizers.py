"""Optimizers that step as PyTorch's do."""

import optax

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
        optax.scale_by_adam(),
        optax.scale_by_learning_rate(learning_rate),
    )
