"""The rows of a batch; used inside compiled programs."""

from jaxtyping import Array, Int

from scbch_jax import sharding
from scbch_jax.arrays import Batch
from scbch_jax.types import Split


def gather(train: Split, index: Int[Array, " n"]) -> Batch:
    """Gathers the rows of one batch from arrays on the device."""
    rows = train.image[index], train.text[index], train.labels[index]
    return sharding.shard_batch(Batch(*rows, index))
