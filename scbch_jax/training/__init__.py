"""Pure functions that train, encode and score, and a loop over epochs."""

from scbch_jax.training.batches import batch_order, gather
from scbch_jax.training.checkpoints import Checkpoints
from scbch_jax.training.encoding import (
    coded,
    encode_features,
    encode_split,
    relax_features,
    relax_split,
)
from scbch_jax.training.epoch import (
    RunState,
    context_of,
    gradient_step,
    shard_state,
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
from scbch_jax.training.scoring import codes_of, score
from scbch_jax.training.streaming import encode_streamed, relax_streamed, stream_epoch

__all__ = [
    "Checkpoints",
    "Epoch",
    "Lanes",
    "LanesEpoch",
    "RunState",
    "batch_order",
    "coded",
    "codes_of",
    "context_of",
    "encode_features",
    "encode_split",
    "encode_streamed",
    "fit",
    "fit_lanes",
    "gather",
    "gradient_step",
    "lane",
    "relax_features",
    "relax_split",
    "relax_streamed",
    "require_finite",
    "score",
    "shard_state",
    "stack",
    "start",
    "start_lanes",
    "stream_epoch",
    "train_epoch",
    "train_epoch_lanes",
]
