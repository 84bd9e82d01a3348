"""The pair of hash networks of a cross-modal method, one for each modality."""

from collections.abc import Callable
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Key

from scbch_jax.arrays import Params
from scbch_jax.config.two_towers import TwoTowerOptions
from scbch_jax.methods.base import EncodeFn, Sizes
from scbch_jax.networks import Network, hash_network


class TwoTowers(NamedTuple):
    """Image and text network as pure functions."""

    init_image: Callable[[Key[Array, ""]], Any]
    """key -> weights of the image network."""
    init_text: Callable[[Key[Array, ""]], Any]
    """key -> weights of the text network."""
    encode_image: EncodeFn
    """(params, features) -> relaxed codes."""
    encode_text: EncodeFn
    """(params, features) -> relaxed codes."""
    train_image: Callable[[Params, Any, Key[Array, ""]], Float[Array, "n bits"]]
    """(params, features, key) -> relaxed codes with dropout."""
    train_text: Callable[[Params, Any, Key[Array, ""]], Float[Array, "n bits"]]
    """(params, features, key) -> relaxed codes with dropout."""
    image_logits: Callable[[Params, Any], Float[Array, "n bits"]]
    """(params, features) -> outputs of the last layer, before tanh."""
    text_logits: Callable[[Params, Any], Float[Array, "n bits"]]
    """(params, features) -> outputs of the last layer, before tanh."""


def two_towers(
    sizes: Sizes,
    options: TwoTowerOptions,
    *,
    unit_length: bool = True,
    dropout: float = 0.0,
    text_last_std: float | None = None,
    last_as_first: bool = False,
    last_bias: bool = True,
    text_network: Network | None = None,
    weights_of: Callable[[Params, str], Any] = lambda params, m: params[m]["network"],
) -> TwoTowers:
    """Makes both networks: fully connected layers of one hidden width, ReLU, tanh.

    Args:
        sizes: widths of the features and of the codes.
        options: width of the hidden layers, and layers of each network.
        unit_length: divide each relaxed code by its length.
        dropout: rate of dropout before the last layer, in training.
        text_last_std: standard deviation of the initial weights of the text network's
            last layer, normal about 0; as in every other layer if omitted.
        last_as_first: the last layer's initial weights have the range of the first's.
        last_bias: whether the last layer has biases.
        text_network: instead of fully connected layers for texts.
        weights_of: (params, "image" or "text") -> weights of that network.
    """

    def network(features: int, layers: int, last_std: float | None) -> Any:
        return hash_network(
            features=features,
            widths=(options.hidden,) * (layers - 1) + (sizes.bits,),
            unit_length=unit_length,
            dropout=dropout,
            last_std=last_std,
            last_as_first=last_as_first,
            last_bias=last_bias,
        )

    image = network(sizes.image_dim, options.image_layers, None)
    text = text_network or network(sizes.text_dim, options.text_layers, text_last_std)
    return TwoTowers(
        init_image=image.init,
        init_text=text.init,
        encode_image=lambda params, features: image.apply(
            weights_of(params, "image"), features
        ),
        encode_text=lambda params, features: text.apply(
            weights_of(params, "text"), features
        ),
        train_image=lambda params, x, key: image.train(
            weights_of(params, "image"), x, key
        ),
        train_text=lambda params, x, key: text.train(
            weights_of(params, "text"), x, key
        ),
        image_logits=lambda params, x: image.logits(weights_of(params, "image"), x),
        text_logits=lambda params, x: text.logits(weights_of(params, "text"), x),
    )
