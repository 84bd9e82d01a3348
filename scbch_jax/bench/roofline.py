"""The roofline of a training step: the least time its operations and bytes need."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from scbch_jax import networks
from scbch_jax.bench.timing import timed
from scbch_jax.bench.training import Shape


class Roofline(NamedTuple):
    """Work of a step, and the measured rates of the device."""

    operations: float
    """Multiplications and additions of the matrix products, forward and backward."""
    bytes: float
    """Memory traffic of the products: weights read twice, gradients written."""
    update_bytes: float
    """Memory traffic of Adam: weights and moments read and written, gradients read."""
    operations_a_second: float
    """Rate of the fastest of a layer's three products, at the size of the step."""
    bytes_a_second: float
    """Rate of adding an array to another in place."""

    @property
    def seconds(self) -> float:
        """The lower bound of a step: the products, then the update."""
        products = self.operations / self.operations_a_second
        traffic = self.bytes / self.bytes_a_second
        return max(products, traffic) + self.update_bytes / self.bytes_a_second


def roofline(shape: Shape, *, precision: str, moments: str = "float32") -> Roofline:
    """Counts the work of a step, and measures the rates of the device.

    No gradient is taken by the features, so a first layer needs two products and every
    other layer three.
    """
    first, others = shape.weights
    return Roofline(
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
    """In place, so that no time is spent on new pages of memory."""
    add = jax.jit(jnp.add, donate_argnums=0)
    held = [jnp.ones(2**26)]
    other = jnp.ones(2**26)

    def once() -> Any:
        held[0] = add(held[0], other)
        return held[0]

    return 3.0 * other.nbytes / _best(once)


def _best(function: Any) -> float:
    """Seconds of the fastest of ten runs, after one that compiles."""
    times = [timed(lambda: jax.block_until_ready(function()))[0] for _ in range(11)]
    return min(times[1:])
