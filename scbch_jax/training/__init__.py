"""Pure functions that move a run forward, and the thin loop around them."""

from scbch_jax.training.checkpoints import Checkpoints
from scbch_jax.training.encoding import encode_features, encode_split
from scbch_jax.training.epoch import (
    RunState,
    context_of,
    gradient_step,
    start,
    train_epoch,
)
from scbch_jax.training.loop import Epoch, fit

__all__ = [
    "Checkpoints",
    "Epoch",
    "RunState",
    "context_of",
    "encode_features",
    "encode_split",
    "fit",
    "gradient_step",
    "start",
    "train_epoch",
]
