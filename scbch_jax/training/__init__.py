"""Pure functions that train, encode and score, and a loop over epochs."""

from scbch_jax.training.batches import gather
from scbch_jax.training.checkpoints import Checkpoints
from scbch_jax.training.encoding import (
    encode_features,
    encode_split,
    relaxed_codes,
    relaxed_split_codes,
    training_codes,
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
from scbch_jax.training.streaming import (
    encode_streamed,
    stream_epoch,
    streamed_relaxed_codes,
)

__all__ = [
    "Checkpoints",
    "Epoch",
    "Lanes",
    "LanesEpoch",
    "RunState",
    "training_codes",
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
    "relaxed_codes",
    "relaxed_split_codes",
    "streamed_relaxed_codes",
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
