"""The least that a training step can take: its operations and its bytes."""

import time
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import networks
from scbch_jax.bench.training import Shape


class Floor(NamedTuple):
    """What a step must do, and how fast the device does such things."""

    operations: float
    """Multiplications and additions of the products, forward and backward."""
    bytes: float
    """Moved by the products: weights read twice, gradients written."""
    update_bytes: float
    """Moved by Adam: weights and both moments read and written, gradients read."""
    operations_a_second: float
    """Of the fastest of the three products of a layer, at the step's own size."""
    bytes_a_second: float
    """Of one array added to another in its place."""

    @property
    def seconds(self) -> float:
        """Both, one after the other: products, then the update."""
        products = self.operations / self.operations_a_second
        moved = self.bytes / self.bytes_a_second
        return max(products, moved) + self.update_bytes / self.bytes_a_second


def floor(shape: Shape, *, precision: str, moments: str = "float32") -> Floor:
    """Computes a step's needs, and measures what the device can do.

    The features' own gradient is never taken, so first layers cost two products and
    the others three.
    """
    first, others = shape.weights
    return Floor(
        operations=2.0 * shape.batch_size * (2 * first + 3 * others),
        bytes=4.0 * 3 * (first + others),
        update_bytes=(4.0 * 3 + 4 * jnp.dtype(moments).itemsize) * (first + others),
        operations_a_second=_product_rate(shape, precision),
        bytes_a_second=_memory_rate(),
    )


def _product_rate(shape: Shape, precision: str) -> float:
    width = shape.hidden
    left, right = jnp.ones((shape.batch_size, width)), jnp.ones((width, width))

    def forward(a: Any, b: Any) -> Any:
        return networks.layer_product(a, b, (((1,), (0,)), ((), ())))

    def backward(wanted: int) -> Any:
        return lambda a, b: jax.vjp(forward, a, b)[1](a)[wanted]

    with jax.default_matmul_precision(precision):
        products = [jax.jit(f) for f in (forward, backward(0), backward(1))]
        times = [_best(lambda f=f: f(left, right)) for f in products]
    return 2.0 * shape.batch_size * width**2 / min(times)


def _memory_rate() -> float:
    """In place, so that no time goes into pages that are new to the process."""
    add = jax.jit(jnp.add, donate_argnums=0)
    held = [jnp.ones(2**26)]
    other = jnp.ones(2**26)

    def once() -> Any:
        held[0] = add(held[0], other)
        return held[0]

    return 3.0 * other.nbytes / _best(once)


def _best(function: Any) -> float:
    """The shortest of ten runs."""
    times = []
    for _ in range(11):
        start = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - start)
    return float(np.min(times[1:]))
