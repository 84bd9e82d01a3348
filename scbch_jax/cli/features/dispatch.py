"""`scbch features`: features of raw pictures and texts."""

from scbch_jax.cli.features import all, images, texts
from scbch_jax.cli.options.commands import Features

MAINS = {
    all.FeaturesAll: all.main,
    images.FeaturesImages: images.main,
    texts.FeaturesTexts: texts.main,
}
"""The function of each class of options."""


def main(options: Features) -> None:
    """Runs the command whose options these are."""
    MAINS[type(options.what)](options.what)
