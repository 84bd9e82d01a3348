"""Flax layers with PyTorch's initial values and rules, for the networks of methods."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.networks.hash_network import layer_product, torch_uniform


def torch_dense(features: int, units: int, **given: Any) -> nn.Dense:
    """A linear layer that starts as `torch.nn.Linear` does.

    Args:
        features: width of the input, which sets the range of the initial values.
        units: width of the output.
        **given: other arguments of `flax.linen.Dense`.
    """
    uniform = torch_uniform(features)
    start: dict[str, Any] = {"kernel_init": uniform, "bias_init": uniform}
    return nn.Dense(units, dot_general=layer_product, **{**start, **given})


class TorchBatchNorm(nn.Module):
    """Batch normalization with the running statistics of `torch.nn.BatchNorm1d`.

        (x - mean) / sqrt(variance + 1e-5) * scale + shift

    In training, mean and variance are those of the rows, and each running value moves
    by a tenth toward the new one: for the variance toward the unbiased estimate,
    where `flax.linen.BatchNorm` takes the biased one. Otherwise the running values are
    used. They are the collection `batch_stats`, mutable in training.
    """

    training: bool
    momentum: float = 0.1
    """Share of the new value in a running one."""

    @nn.compact
    def __call__(self, rows: Float[Array, "n units"]) -> Float[Array, "n units"]:
        """Normalizes each column; in training at least two rows are needed."""
        units = (rows.shape[-1],)
        scale = self.param("scale", nn.initializers.ones, units)
        shift = self.param("bias", nn.initializers.zeros, units)
        mean = self.variable("batch_stats", "mean", jnp.zeros, units)
        variance = self.variable("batch_stats", "var", jnp.ones, units)
        if self.training:
            center = rows.mean(axis=0)
            spread = rows.var(axis=0)
            if not self.is_initializing():
                unbiased = spread * (len(rows) / max(len(rows) - 1, 1))
                mean.value += self.momentum * (center - mean.value)
                variance.value += self.momentum * (unbiased - variance.value)
        else:
            center, spread = mean.value, variance.value
        slope = scale * jax.lax.rsqrt(spread + 1e-5)
        return (rows - center[None]) * slope[None] + shift[None]


def local_response_norm(
    rows: Float[Array, "n units"],
    *,
    size: int = 4,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
) -> Float[Array, "n units"]:
    """Division by the neighbors' strength, as `torch.nn.LocalResponseNorm` does it.

        x_c / (k + α m_c)^β,  m_c the mean of x² over `size` units around c

    An even window has one unit more before c than after it; beyond the ends are zeros.

    Example:
        >>> local_response_norm(jnp.ones((1, 3)), alpha=4.0, beta=1.0, k=0.0).tolist()
        [[0.5, 0.3333333432674408, 0.3333333432674408]]
    """
    before = size // 2
    padded = jnp.pad(jnp.square(rows), ((0, 0), (before, size - 1 - before)))
    window = sum(padded[:, i : i + rows.shape[1]] for i in range(size))
    return rows / (k + alpha * window / size) ** beta
