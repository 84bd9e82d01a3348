"""`scbch features`: raw pictures and texts to features."""

from scbch_jax.cli.features import all, images, texts
from scbch_jax.cli.options.commands import Features
from scbch_jax.cli.options.features import FeaturesAll, FeaturesImages, FeaturesTexts

KINDS = {
    FeaturesAll: all.main,
    FeaturesImages: images.main,
    FeaturesTexts: texts.main,
}
"""What runs for each kind of options."""


def main(options: Features) -> None:
    """Makes the features that were asked for."""
    KINDS[type(options.what)](options.what)
