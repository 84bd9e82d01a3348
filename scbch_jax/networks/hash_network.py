"""The hash network: fully connected layers, tanh, and optionally unit length."""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, Key

MATRIX = (((1,), (0,)), ((), ()))
"""Axes that a product of two matrices contracts, as `dot_general` takes them."""


def layer_product(rows: Any, weights: Any, dims: Any = MATRIX, **_: Any) -> Any:
    """The `dot_general` of a Flax `Dense` layer.

    JAX leaves `jax.default_matmul_precision("bfloat16")` to the device, and a GPU or
    CPU may use more bits. Here it always means `bf16_matmul`.

    Args:
        rows: [n, features].
        weights: [features, units].
        dims: axes to contract; only the last with the first is used.
    """
    if jax.config.jax_default_matmul_precision == "bfloat16":  # pyright: ignore
        return bf16_matmul(rows, weights)
    return lax.dot_general(rows, weights, dims)


@jax.custom_vjp
def bf16_matmul(
    rows: Float[Array, "n features"], weights: Float[Array, "features units"]
) -> Float[Array, "n units"]:
    """Product of factors rounded to bfloat16, accumulated in float32.

    The two products of its gradient are computed likewise. The master weights stay
    float32, so that small updates are not lost.
    """
    return _product(rows, weights, 1, 0)


def _forward(rows: Any, weights: Any) -> Any:
    return _product(rows, weights, 1, 0), (rows, weights)


def _backward(saved: Any, slope: Any) -> Any:
    rows, weights = saved
    return _product(slope, weights, 1, 1), _product(rows, slope, 0, 0)


def _product(left: Any, right: Any, left_axis: int, right_axis: int) -> Any:
    return lax.dot_general(
        left.astype(jnp.bfloat16),
        right.astype(jnp.bfloat16),
        (((left_axis,), (right_axis,)), ((), ())),
        preferred_element_type=jnp.float32,
    )


bf16_matmul.defvjp(_forward, _backward)


class Network(NamedTuple):
    """A network as pure functions over a nested dict of arrays."""

    init: Callable[[Key[Array, ""]], Any]
    """key -> params"""
    apply: Callable[[Any, Float[Array, "n features"]], Float[Array, "n bits"]]
    """(params, features) -> relaxed codes"""
    train: Callable[[Any, Any, Key[Array, ""]], Float[Array, "n bits"]]
    """(params, features, key) -> relaxed codes with dropout"""
    logits: Callable[[Any, Float[Array, "n features"]], Float[Array, "n bits"]]
    """(params, features) -> outputs of the last layer, before tanh"""


def hash_network(
    *,
    features: int,
    widths: tuple[int, ...],
    unit_length: bool,
    dropout: float = 0.0,
    last_std: float | None = None,
    last_as_first: bool = False,
    last_bias: bool = True,
) -> Network:
    """Features to relaxed codes: linear layers with ReLU between them, then tanh.

    Args:
        features: width of the input.
        widths: output of each linear layer; the last is the code length L.
        unit_length: divide each row by its length, as the released code does and the
            paper does not.
        dropout: dropout rate of the last hidden layer, in training.
        last_std: standard deviation of the last layer's initial weights, normal about
            0; as in every other layer if omitted.
        last_as_first: the last layer's initial weights, but not its biases, have the
            range of the first layer's, ±1/√features.
        last_bias: whether the last layer has biases.
    """
    module = _HashModule(
        widths, unit_length, dropout, last_std, last_as_first, last_bias
    )

    def init(key: Key[Array, ""]) -> Any:
        return module.init(key, jnp.zeros((1, features)))["params"]

    def apply(params: Any, rows: Float[Array, "n features"]) -> Any:
        return module.apply({"params": params}, rows)

    def train(params: Any, rows: Any, key: Key[Array, ""]) -> Any:
        return module.apply(
            {"params": params}, rows, deterministic=False, rngs={"dropout": key}
        )

    def logits(params: Any, rows: Float[Array, "n features"]) -> Any:
        return module.apply({"params": params}, rows, squash=False)

    return Network(init, apply, train, logits)


def classifier(
    key: Key[Array, ""], *, bits: int, classes: int
) -> Float[Array, "bits classes"]:
    """Initial weights of a modality's linear classifier: semi-orthogonal, no bias."""
    return nn.initializers.orthogonal()(key, (bits, classes))


def torch_uniform(
    fan_in: int,
) -> Callable[..., Float[Array, "..."]]:
    """PyTorch's default for a linear layer: uniform in ±1/√fan_in, biases too."""

    def init(
        key: Key[Array, ""], shape: tuple[int, ...], dtype: Any = jnp.float32
    ) -> Any:
        bound = fan_in**-0.5
        return jax.random.uniform(key, shape, dtype, minval=-bound, maxval=bound)

    return init


class _HashModule(nn.Module):
    widths: tuple[int, ...]
    unit_length: bool
    dropout: float
    last_std: float | None
    last_as_first: bool
    last_bias: bool

    @nn.compact
    def __call__(
        self, rows: Any, *, deterministic: bool = True, squash: bool = True
    ) -> Any:
        features, last = rows.shape[-1], len(self.widths) - 1
        for layer, width in enumerate(self.widths):
            rows = nn.relu(rows) if layer else rows
            if layer == last and self.dropout:
                rows = nn.Dropout(self.dropout, deterministic=deterministic)(rows)
            uniform = torch_uniform(rows.shape[-1])
            weights = uniform
            if layer == last and self.last_std is not None:
                weights = nn.initializers.normal(self.last_std)
            elif layer == last and self.last_as_first:
                weights = torch_uniform(features)
            rows = nn.Dense(
                width,
                use_bias=layer < last or self.last_bias,
                kernel_init=weights,
                bias_init=uniform,
                dot_general=layer_product,
                name=f"layer_{layer}",
            )(rows)
        if not squash:
            return rows
        codes = jnp.tanh(rows)
        return unit_rows(codes) if self.unit_length else codes


def unit_rows(rows: Any) -> Any:
    """Rows divided by their length; a row of zeros stays zero, with zero gradient."""
    squares = jnp.sum(rows * rows, axis=-1, keepdims=True)
    return rows * jax.lax.rsqrt(jnp.where(squares > 0, squares, 1.0))
