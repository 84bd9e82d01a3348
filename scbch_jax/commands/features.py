"""`scbch features`: raw pictures and texts to features."""

from scbch_jax.commands import features_all, features_images, features_texts
from scbch_jax.settings.commands import Features
from scbch_jax.settings.features import FeaturesAll, FeaturesImages, FeaturesTexts

KINDS = {
    FeaturesAll: features_all.main,
    FeaturesImages: features_images.main,
    FeaturesTexts: features_texts.main,
}
"""What runs for each kind of options."""


def main(options: Features) -> None:
    """Makes the features that were asked for."""
    KINDS[type(options.what)](options.what)
