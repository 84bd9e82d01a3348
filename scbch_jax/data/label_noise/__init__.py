"""Label noise: models of it, published noisy labels, and what it changed."""

from scbch_jax.data.label_noise.effect import (
    Effect,
    LabelChanges,
    corrupted_rows,
    effect_of,
    label_changes,
)
from scbch_jax.data.label_noise.files import (
    confusion_file,
    published_file,
    read_confusion,
    read_published,
)
from scbch_jax.data.label_noise.models import (
    MODELS,
    add_labels,
    corrupted_count,
    drop_labels,
    flip_labels,
    swap_by_class,
    swap_by_instance,
    swap_labels,
)

__all__ = [
    "MODELS",
    "Effect",
    "LabelChanges",
    "add_labels",
    "confusion_file",
    "corrupted_count",
    "corrupted_rows",
    "drop_labels",
    "effect_of",
    "flip_labels",
    "label_changes",
    "published_file",
    "read_confusion",
    "read_published",
    "swap_by_class",
    "swap_by_instance",
    "swap_labels",
]
