"""The least that a training step can take: its operations and its bytes."""

import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax.bench.training import Shape


class Floor(NamedTuple):
    """What a step must do, and how fast the device does such things."""

    operations: float
    """Multiplications and additions of the products, forward and backward."""
    bytes: float
    """Moved through memory: weights read twice, gradients written, Adam's 7 passes."""
    operations_a_second: float
    """Of one product of the step's own size."""
    bytes_a_second: float
    """Of one array added to another."""

    @property
    def seconds(self) -> float:
        """Both, one after the other: products, then the update."""
        update = 7 / 10 * self.bytes / self.bytes_a_second
        forward = 3 / 10 * self.bytes / self.bytes_a_second
        return max(self.operations / self.operations_a_second, forward) + update


def floor(shape: Shape, *, precision: str) -> Floor:
    """Computes a step's needs, and measures what the device can do.

    The features' own gradient is never taken, so first layers cost two products and
    the others three.
    """
    first, others = shape.weights
    return Floor(
        operations=2.0 * shape.batch_size * (2 * first + 3 * others),
        bytes=4.0 * 10 * (first + others),
        operations_a_second=_product_rate(shape, precision),
        bytes_a_second=_memory_rate(),
    )


def _product_rate(shape: Shape, precision: str) -> float:
    width = shape.hidden
    left, right = jnp.ones((shape.batch_size, width)), jnp.ones((width, width))
    multiply = jax.jit(lambda a, b: jnp.matmul(a, b, precision=precision))
    return 2.0 * shape.batch_size * width**2 / _best(multiply, left, right)


def _memory_rate() -> float:
    left, right = jnp.ones(2**26), jnp.ones(2**26)
    return 3.0 * left.nbytes / _best(jax.jit(jnp.add), left, right)


def _best(function: Any, *arrays: Any) -> float:
    """The shortest of ten runs."""
    times = []
    for _ in range(11):
        start = time.perf_counter()
        jax.block_until_ready(function(*arrays))
        times.append(time.perf_counter() - start)
    return float(np.min(times[1:]))
