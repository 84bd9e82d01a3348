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
from scbch_jax.training.lanes import (
    Lanes,
    LanesEpoch,
    fit_lanes,
    lane,
    stack,
    start_lanes,
    train_epoch_lanes,
)
from scbch_jax.training.loop import Epoch, fit, require_finite

__all__ = [
    "Checkpoints",
    "Epoch",
    "Lanes",
    "LanesEpoch",
    "RunState",
    "context_of",
    "encode_features",
    "encode_split",
    "fit",
    "fit_lanes",
    "gradient_step",
    "lane",
    "require_finite",
    "stack",
    "start",
    "start_lanes",
    "train_epoch",
    "train_epoch_lanes",
]
