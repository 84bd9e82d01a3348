"""Networks as pure functions; the only package that imports flax."""

from scbch_jax.networks.affine import affine_network
from scbch_jax.networks.bit_tokens import (
    NormalizedNetwork,
    positions,
    token_head,
    token_network,
)
from scbch_jax.networks.common_private import common_private_networks
from scbch_jax.networks.hash_network import (
    Network,
    classifier,
    hash_network,
    layer_product,
)
from scbch_jax.networks.joint_reconstruction import JointOutputs, joint_network
from scbch_jax.networks.layers import (
    TorchBatchNorm,
    local_response_norm,
    torch_dense,
)
from scbch_jax.networks.meta_features import MetaOutputs, meta_feature_network
from scbch_jax.networks.modality_invariant import modality_invariant_networks
from scbch_jax.networks.perturbation import perturbation_networks
from scbch_jax.networks.torch_weights import (
    from_torch,
    hidden_width,
    layers_from_torch,
    layers_to_torch,
    to_torch,
    torch_forward,
)
from scbch_jax.networks.vgg19 import (
    CAFFE,
    SIDE,
    TORCHVISION,
    Levels,
    keras_names,
    layer_shapes,
    vgg19_fc7,
    vgg19_from_keras,
    vgg19_from_torch,
)

__all__ = [
    "hash_network",
    "CAFFE",
    "JointOutputs",
    "Levels",
    "MetaOutputs",
    "Network",
    "NormalizedNetwork",
    "SIDE",
    "TORCHVISION",
    "TorchBatchNorm",
    "affine_network",
    "classifier",
    "common_private_networks",
    "from_torch",
    "hidden_width",
    "joint_network",
    "keras_names",
    "layer_product",
    "layer_shapes",
    "layers_from_torch",
    "layers_to_torch",
    "local_response_norm",
    "meta_feature_network",
    "modality_invariant_networks",
    "perturbation_networks",
    "positions",
    "to_torch",
    "token_head",
    "token_network",
    "torch_dense",
    "torch_forward",
    "vgg19_fc7",
    "vgg19_from_keras",
    "vgg19_from_torch",
]
