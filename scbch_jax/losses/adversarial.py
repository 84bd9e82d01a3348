"""Losses of a discriminator of two distributions, and of what is to deceive it.

References:
    Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014.
    Ganin and Lempitsky, Unsupervised Domain Adaptation by Backpropagation, ICML 2015:
    the reversed gradient.
    Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017: the gradient
    penalty of Eq. 3.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from scbch_jax.arrays import Scalar


@jax.jit
def real_loss(logits: Float[Array, " n"]) -> Scalar:
    """Mean negative log-probability that samples are real.

        mean log(1 + exp(-D))

    It trains a discriminator on real samples, and a generator on its own.

    Args:
        logits: D, before the sigmoid.

    Example:
        >>> real_loss(jnp.zeros(2)).round(4)
        Array(0.6931, dtype=float32)
    """
    return jax.nn.softplus(-logits).mean()


@jax.jit
def fake_loss(logits: Float[Array, " n"]) -> Scalar:
    """Mean negative log-probability that samples are not real.

        mean log(1 + exp(D))

    Args:
        logits: D, before the sigmoid.

    Example:
        >>> fake_loss(jnp.zeros(2)).round(4)
        Array(0.6931, dtype=float32)
    """
    return jax.nn.softplus(logits).mean()


def gradient_penalty(
    discriminator: Callable[[Any], Float[Array, " n"]], points: Float[Array, "n width"]
) -> Scalar:
    """Squared difference of the gradient's length and 1, at some points.

        mean_i (|∇D(z_i)| - 1)²

    Args:
        discriminator: D, points -> logits, each a function of its own point only.
        points: z.

    Example:
        >>> gradient_penalty(lambda z: 3.0 * z[:, 0], jnp.zeros((2, 2)))
        Array(4., dtype=float32)
    """
    slopes = jax.grad(lambda z: discriminator(z).sum())(points)
    squares = jnp.square(slopes).sum(axis=1)
    # The root has no gradient at 0, where no unit of a discriminator is active.
    steep = squares > 0
    lengths = jnp.where(steep, jnp.sqrt(jnp.where(steep, squares, 1.0)), 0.0)
    return jnp.square(lengths - 1.0).mean()


@jax.custom_vjp
def reverse_gradient(rows: Float[Array, "..."]) -> Float[Array, "..."]:
    """The array itself, with the opposite gradient.

        R(z) = z,  dR/dz = -1

    What is computed of R(z) is minimized by parameters after it and, in the same step,
    maximized by those before it.

    Example:
        >>> jax.grad(lambda z: (reverse_gradient(z) ** 2).sum())(jnp.array([1.0]))
        Array([-2.], dtype=float32)
    """
    return rows


reverse_gradient.defvjp(lambda rows: (rows, None), lambda _, slope: (-slope,))
