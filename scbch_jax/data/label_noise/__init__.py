"""Models of label noise, and published noisy labels."""

from scbch_jax.data.label_noise.effect import Effect, effect_of
from scbch_jax.data.label_noise.models import (
    add_labels,
    confuse_labels,
    drop_labels,
    flip_labels,
    mistake_labels,
)
from scbch_jax.data.label_noise.swap import (
    Flips,
    corrupted_rows,
    flips,
    published_labels,
    swap_labels,
)

__all__ = [
    "Effect",
    "Flips",
    "add_labels",
    "confuse_labels",
    "corrupted_rows",
    "drop_labels",
    "effect_of",
    "flip_labels",
    "flips",
    "mistake_labels",
    "published_labels",
    "swap_labels",
]
