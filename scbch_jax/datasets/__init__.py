"""From the options to a dataset that is ready to train on."""

from scbch_jax.datasets.display import (
    class_names,
    display_data_of,
    display_data_of_rows,
    read_display_data,
)
from scbch_jax.datasets.loading import Loaded, load, noise_sources, noisy_labels

__all__ = [
    "Loaded",
    "class_names",
    "display_data_of",
    "display_data_of_rows",
    "load",
    "noise_sources",
    "noisy_labels",
    "read_display_data",
]
