"""Pure functions that move a run forward, and the thin loop around them."""

from scbch_jax.training.checkpoints import Checkpoints
from scbch_jax.training.encoding import encode_features, encode_split
from scbch_jax.training.epoch import RunState, gradient_step, start, train_epoch
from scbch_jax.training.loop import Epoch, fit

__all__ = [
    "Checkpoints",
    "Epoch",
    "RunState",
    "encode_features",
    "encode_split",
    "fit",
    "gradient_step",
    "start",
    "train_epoch",
]
