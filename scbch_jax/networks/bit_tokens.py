"""The networks of DHRL: one token for each bit, transformers, and a shared head.

References:
    Shu et al., Deep Cross-Modal Hashing With Ranking Learning for Noisy Labels, IEEE
    Transactions on Big Data 11(2), 2025 (DHRL).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from scbch_jax.networks.hash_network import layer_product, torch_uniform
from scbch_jax.networks.layers import TorchBatchNorm, torch_dense


class NormalizedNetwork(NamedTuple):
    """A network with batch normalization as pure functions."""

    init: Callable[[Key[Array, ""]], tuple[Any, Any]]
    """key -> (params, running statistics)"""
    apply: Callable[[Any, Any, Any], Any]
    """(params, running statistics, rows) -> outputs"""
    train: Callable[[Any, Any, Any, Key[Array, ""]], tuple[Any, Any]]
    """(params, running statistics, rows, key of dropout) -> (outputs, statistics)"""


def token_network(
    *, features: int, hidden: int, width: int, tokens: int, layers: int, dropout: float
) -> NormalizedNetwork:
    """Features to tokens [n, tokens, width] that attend to each other within a row.

    Two linear layers with batch normalization and tanh; a linear layer that makes the
    tokens; positions; a transformer, and a last layer normalization.

    Args:
        features: width of the input.
        hidden: width of the first layer.
        width: of the second layer and of each token.
        tokens: L, one for each bit.
        layers: of the transformer; all start with the same weights.
        dropout: rate, in training.
    """

    def module(training: bool) -> nn.Module:
        return _Tokens(hidden, width, tokens, layers, dropout, training)

    def alike(params: Any) -> Any:
        """PyTorch's transformer is made of copies of one layer."""
        first = params["layer_0"]
        return {k: first if k.startswith("layer_") else x for k, x in params.items()}

    return _functions(module, jnp.zeros((2, features)), alike)


def token_head(*, tokens: int, width: int) -> NormalizedNetwork:
    """Tokens [n, tokens, width] to relaxed codes [n, tokens], a small network a token.

        code_k = tanh(w_k · tanh(BN(x_k A_k + a_k)) + b_k)

    Args:
        tokens: L, the code length.
        width: of each token; that of the hidden layer is half of it.
    """
    return _functions(_Head, jnp.zeros((2, tokens, width)))


def positions(tokens: int, width: int) -> Float[np.ndarray, "tokens width"]:
    """Sines and cosines that tell the tokens apart.

        p[k, 2m] = sin(k w_m), p[k, 2m + 1] = cos(k w_m), w_m = 10000^(-2m / width)

    Example:
        >>> positions(2, 2).round(4).tolist()
        [[0.0, 1.0], [0.8415, 0.5403]]
    """
    rates = 1e4 ** (-np.arange(0, width, 2) / width)
    angles = np.arange(tokens)[:, None] * rates[None]
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(tokens, width)


def _functions(
    module: Callable[[bool], nn.Module],
    example: Any,
    rearrange: Callable[[Any], Any] = lambda params: params,
) -> NormalizedNetwork:
    """A module, made for training or not, as pure functions."""

    def init(key: Key[Array, ""]) -> tuple[Any, Any]:
        variables = module(False).init(key, example)
        return rearrange(variables["params"]), variables["batch_stats"]

    def apply(params: Any, statistics: Any, rows: Any) -> Any:
        return module(False).apply({"params": params, "batch_stats": statistics}, rows)

    def train(
        params: Any, statistics: Any, rows: Any, key: Key[Array, ""]
    ) -> tuple[Any, Any]:
        outputs, changed = module(True).apply(
            {"params": params, "batch_stats": statistics},
            rows,
            rngs={"dropout": key},
            mutable=["batch_stats"],
        )
        return outputs, changed["batch_stats"]

    return NormalizedNetwork(init, apply, train)


class _Tokens(nn.Module):
    hidden: int
    width: int
    tokens: int
    layers: int
    dropout: float
    training: bool

    @nn.compact
    def __call__(self, rows: Any) -> Any:
        for i, units in enumerate((self.hidden, self.width)):
            rows = torch_dense(rows.shape[-1], units, name=f"linear_{i}")(rows)
            rows = nn.tanh(TorchBatchNorm(self.training, name=f"norm_{i}")(rows))
        shape = (len(rows), self.tokens, self.width)
        tokens = torch_dense(self.width, self.tokens * self.width, name="tokens")(rows)
        places = jnp.asarray(positions(*shape[1:]), tokens.dtype)
        tokens = tokens.reshape(shape) + places[None]
        tokens = nn.Dropout(self.dropout, deterministic=not self.training)(tokens)
        for i in range(self.layers):
            layer = _Layer(self.dropout, self.training, name=f"layer_{i}")
            tokens = layer(tokens)
        return _layer_norm("norm")(tokens)


class _Layer(nn.Module):
    """A transformer's layer with one head, normalized after each sum."""

    dropout: float
    training: bool

    @nn.compact
    def __call__(self, tokens: Any) -> Any:
        width = tokens.shape[-1]

        def drop(x: Any) -> Any:
            return nn.Dropout(self.dropout, deterministic=not self.training)(x)

        def linear(x: Any, units: int, name: str, **given: Any) -> Any:
            # The layers' product takes matrices: all tokens of all rows.
            layer = torch_dense(width, units, name=name, **given)
            return layer(x.reshape(-1, width)).reshape(*x.shape[:-1], units)

        zeros = nn.initializers.zeros
        packed = {"kernel_init": nn.initializers.xavier_uniform(), "bias_init": zeros}
        query, key, value = jnp.split(
            linear(tokens, 3 * width, "attention_in", **packed), 3, axis=-1
        )
        scores = jnp.einsum("nqd,nkd->nqk", query * width**-0.5, key)
        shares = drop(jax.nn.softmax(scores, axis=-1))
        mixed = jnp.einsum("nqk,nkd->nqd", shares, value)
        mixed = linear(mixed, width, "attention_out", bias_init=zeros)
        tokens = _layer_norm("norm_0")(tokens + drop(mixed))
        inner = nn.gelu(linear(tokens, width, "linear_0"), approximate=False)
        outer = linear(drop(inner), width, "linear_1")
        return _layer_norm("norm_1")(tokens + drop(outer))


class _Head(nn.Module):
    training: bool

    @nn.compact
    def __call__(self, tokens: Any) -> Any:
        count, width = tokens.shape[1:]
        half = width // 2
        first, second = torch_uniform(width), torch_uniform(half)
        inner = self.param("inner", first, (count, width, half))
        inner_bias = self.param("inner_bias", first, (count, half))
        outer = self.param("outer", second, (count, half, 1))
        outer_bias = self.param("outer_bias", second, (count,))
        hidden = _product_by_token(tokens, inner) + inner_bias[None]
        norm = TorchBatchNorm(self.training, name="norm")
        hidden = nn.tanh(norm(hidden.reshape(len(tokens), -1)).reshape(hidden.shape))
        return nn.tanh(_product_by_token(hidden, outer)[:, :, 0] + outer_bias[None])


def _product_by_token(tokens: Any, weights: Any) -> Any:
    """Each token times its own matrix."""
    return jax.vmap(layer_product, in_axes=(1, 0), out_axes=1)(tokens, weights)


def _layer_norm(name: str) -> nn.LayerNorm:
    return nn.LayerNorm(epsilon=1e-5, use_fast_variance=False, name=name)
