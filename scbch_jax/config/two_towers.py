"""Options that all methods with one network for each modality share."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import ChecksOptions, at_least


@dataclass(frozen=True)
class TwoTowerOptions(ChecksOptions):
    """Sizes of the image and of the text network, fixed at compilation."""

    hidden: Annotated[int, at_least(1)] = 8192
    """Width of the hidden layers."""
    image_layers: Annotated[int, at_least(1)] = 3
    """Fully connected layers of the image network."""
    text_layers: Annotated[int, at_least(1)] = 2
    """Fully connected layers of the text network."""
