"""Options of CMMQ (Yang et al., CVPR 2022)."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from scbch_jax.config.constraints import at_least, between, positive
from scbch_jax.config.two_towers import TwoTowerOptions


class HParams(NamedTuple):
    """Hyperparameters of CMMQ; changing one needs no new compilation."""

    noise_rate: Annotated[float, between(0, 1)] = 0.6
    """r: share of each batch that is left out after the ramp. It is meant to be the
    true share of noisy rows, which no other method is given; noise.rate does not set
    it."""
    quantization_weight: Annotated[float, between(0, 1e6)] = 1e-4
    """λ: weight of the quantization term."""
    mutual_weight: Annotated[float, between(0, 1e6)] = 0.0
    """β: weight of the mutual term; the released default of 0 turns it off."""
    learning_rate: Annotated[float, positive()] = 1e-5
    """Learning rate of RMSprop."""
    weight_decay: Annotated[float, between(0, 1)] = 1e-5
    """L2 decay, added to the gradient before RMSprop's mean of squares."""


@dataclass(frozen=True)
class Options(TwoTowerOptions):
    """Choices of CMMQ that are fixed at compilation."""

    mutual: Literal["official", "paper"] = "official"
    """official: each text picks its image within the batch, as in the released code;
    paper: symmetric divergence of the bits of both codes."""
    target: Literal["majority", "first"] = "majority"
    """majority: the code to learn is the majority of the proxies of all labels; first:
    the proxy of the first label, as the released code has it for datasets whose names
    it does not know as multi-label."""
    text_network: Literal["affine", "mlp"] = "affine"
    """affine: that of the released code, two linear layers without a ReLU, of which
    options.hidden does not give the width; mlp: as the image network, with
    options.text_layers."""
    ramp_epochs: Annotated[int, at_least(1)] = 20
    """Epochs over which the share that is left out rises from 0 to
    hparams.noise_rate."""
