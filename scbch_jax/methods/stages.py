"""The order in which MIAN trains its networks: stages of passes, with an early stop.

An outer epoch trains the label, the text and the image network in turn, each in stages.
A pass is one epoch of a run.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from scbch_jax.arrays import ScalarLike

NETWORKS = ("label", "text", "image")
"""The networks, in the order of their training."""

STAGES = tuple((network, i) for network, n in enumerate((2, 3, 3)) for i in range(n))
"""Network and number, from 0, of each stage of an outer epoch."""


class Progress(NamedTuple):
    """The next pass of a run, and the losses that decide how long its stage lasts."""

    outer: Int[Array, ""]
    """Outer epoch, from 0."""
    stage: Int[Array, ""]
    """Entry of `STAGES`."""
    passes: Int[Array, ""]
    """Passes of the stage before this one."""
    last: Float[Array, ""]
    """The loss that was recorded last."""
    before: Float[Array, ""]
    """The loss that was recorded before it."""


def first_pass() -> Progress:
    """The first pass of a run."""
    zero, unknown = jnp.int32(0), jnp.float32(jnp.inf)
    return Progress(zero, zero, zero, unknown, unknown)


def trains(progress: Progress, network: str) -> Bool[Array, ""]:
    """Whether the pass trains a network of this name."""
    of_stage = jnp.array([network for network, _ in STAGES])
    return of_stage[progress.stage] == NETWORKS.index(network)


def rate_factor(progress: Progress) -> Float[Array, ""]:
    """Factor of the learning rate: 1/√10 for each outer epoch and each stage."""
    number = jnp.array([i for _, i in STAGES])[progress.stage]
    return 10 ** (-(progress.outer + number) / 2)


def most_passes(label_passes: int, network_passes: int) -> tuple[int, ...]:
    """Largest number of passes of each stage: those of the first over the number.

    Example:
        >>> most_passes(10, 15)
        (10, 5, 15, 7, 5, 15, 7, 5)
    """
    first = (label_passes, network_passes, network_passes)
    return tuple(first[network] // (i + 1) for network, i in STAGES)


def next_pass(
    progress: Progress, loss: ScalarLike, *, most: tuple[int, ...]
) -> Progress:
    """What follows a pass: another one of its stage, or the first of the next stage.

    The loss of every pass of the label network is recorded, of the others' that of
    every second pass. From a stage's third (label) or fourth pass on, it ends if the
    loss recorded last is not below the one before.

    Args:
        progress: the pass that was taken.
        loss: its loss, summed over the steps.
        most: the result of `most_passes`.
    """
    every = jnp.where(trains(progress, "label"), 1, 2)
    recorded = progress.passes % every == 0
    last = jnp.where(recorded, loss, progress.last)
    before = jnp.where(recorded, progress.last, progress.before)
    stalled = (progress.passes > every) & (last >= before)
    ends = (progress.passes + 1 == jnp.array(most)[progress.stage]) | stalled
    stage = progress.stage + ends
    return Progress(
        outer=progress.outer + (stage == len(STAGES)),
        stage=stage % len(STAGES),
        passes=jnp.where(ends, 0, progress.passes + 1),
        last=last,
        before=before,
    )


def select(condition: Bool[Array, ""], one: Progress, other: Progress) -> Progress:
    """`one` where the condition holds, else `other`."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), one, other)
