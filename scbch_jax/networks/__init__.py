"""Networks as pure functions; the only package that imports flax."""

from scbch_jax.networks.hash_network import (
    Network,
    class_logits,
    classifier,
    hash_network,
)
from scbch_jax.networks.products import layer_product
from scbch_jax.networks.torch_weights import (
    from_torch,
    hidden_width,
    layers_from_torch,
    layers_to_torch,
    to_torch,
    torch_forward,
)

__all__ = [
    "Network",
    "class_logits",
    "classifier",
    "from_torch",
    "hash_network",
    "hidden_width",
    "layer_product",
    "layers_from_torch",
    "layers_to_torch",
    "to_torch",
    "torch_forward",
]
