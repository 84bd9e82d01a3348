"""Random batch order, and the rows of a batch; used inside compiled programs."""

import jax
from jaxtyping import Array, Int, Key

from scbch_jax import sharding
from scbch_jax.arrays import Batch
from scbch_jax.types import Split


def batch_order(key: Key[Array, ""], *, samples: int) -> Int[Array, " samples"]:
    """Random permutation of the samples; consecutive ones form batches."""
    return jax.random.permutation(key, samples)


def gather(train: Split, index: Int[Array, " n"]) -> Batch:
    """Gathers the rows of one batch from arrays on the device."""
    rows = train.image[index], train.text[index], train.labels[index]
    return sharding.shard_batch(Batch(*rows, index))
