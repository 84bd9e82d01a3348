"""The pair of hash networks that SCBCH and its relatives share."""

from typing import Protocol, runtime_checkable

from scbch_jax import networks
from scbch_jax.methods.sizes import Sizes


@runtime_checkable
class Layers(Protocol):
    """Options that say how deep and wide both networks are."""

    @property
    def hidden(self) -> int:
        """Width of the hidden layers."""
        ...

    @property
    def image_layers(self) -> int:
        """Fully connected layers of the image network."""
        ...

    @property
    def text_layers(self) -> int:
        """Fully connected layers of the text network."""
        ...


def two_towers(
    sizes: Sizes, options: Layers, *, unit_length: bool = True
) -> tuple[networks.Network, networks.Network]:
    """Image and text network of the given depths, with one hidden width.

    Args:
        sizes: widths of the features and of the codes.
        options: the method's own.
        unit_length: divides each relaxed code by its length.
    """
    image_net, text_net = (
        networks.hash_network(
            features=features,
            widths=(options.hidden,) * (layers - 1) + (sizes.bits,),
            unit_length=unit_length,
        )
        for features, layers in (
            (sizes.image_dim, options.image_layers),
            (sizes.text_dim, options.text_layers),
        )
    )
    return image_net, text_net
