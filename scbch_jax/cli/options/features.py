"""Options of `features`; the first line of each docstring is its help."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.errors import require


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Which pictures, texts and labels belong together."""

    source: tyro.conf.Positional[Path]
    """A folder of pictures, with the text of a.jpg in a.txt and its labels in a.labels,
    one a line, or else the name of its folder; or a .csv, .jsonl or .parquet list with
    the columns picture, text and labels."""
    columns: tuple[str, ...] = ()
    """Names of the list's columns where they are others, as text=caption. After the
    source."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        for word in self.columns:
            require("=" in word, "columns", word, "picture, text or labels=NAME")


@dataclass(frozen=True, kw_only=True)
class ByNetwork:
    """How pictures become features."""

    network: Literal["vgg19", "descriptor"] = "vgg19"
    """vgg19: output of fc7, 4,096 wide; descriptor: colors and edges, 509 wide, which
    needs no weights."""
    weights: Path | None = None
    """VGG19's weights: torchvision's in a .pt, .pth or .safetensors file, or Keras's in
    an .h5 file."""
    batch_size: Annotated[int, at_least(1)] = 16
    """Pictures that the network sees at once."""
    skip_corrupt: bool = False
    """Leave out pictures that cannot be read, and say which; by default all are tried,
    and then the command stops."""


def check_weights(options: ByNetwork) -> None:
    """VGG19 has weights, the descriptor has none.

    Raises:
        InputError: if it is the other way round.
    """
    if options.network == "vgg19":
        wanted = "a file of VGG19's weights, or --network descriptor, which has none"
        require(options.weights is not None, "weights", "none", wanted)
    else:
        wanted = "none: the descriptor has no weights"
        require(options.weights is None, "weights", options.weights, wanted)


@dataclass(frozen=True, kw_only=True)
class ByWords:
    """How texts become features."""

    kind: Literal["words", "doc2vec"] = "words"
    """words: which words of a kept vocabulary a text has, as 0 and 1; doc2vec: vectors
    that predict a text's words (PV-DM)."""
    words: Annotated[int, at_least(1)] = 1000
    """Most frequent words that a bag of words keeps."""
    least: Annotated[int, at_least(1)] = 2
    """How often a word must be met to count."""
    dim: Annotated[int, at_least(1)] = 300
    """Width of the vectors of doc2vec."""
    window: Annotated[int, at_least(1)] = 5
    """Words before and after the one that doc2vec predicts."""
    epochs: Annotated[int, at_least(1)] = 20
    """Passes of doc2vec over the texts."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of doc2vec, and of the split of `all`."""


@dataclass(frozen=True, kw_only=True)
class FeaturesImages(ByNetwork, Rows):
    """Turn pictures into features: VGG19's fc7, or a descriptor without weights."""

    out: Path = Path("pictures.npz")
    """File to write: image [n, width], and names, the paths of the pictures."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        check_weights(self)


@dataclass(frozen=True, kw_only=True)
class FeaturesTexts(ByWords, Rows):
    """Turn texts into features: bags of words or Doc2Vec, with a kept vocabulary."""

    model: Path | None = None
    """Folder of a model to use, so that these texts land in its space; its options
    count. By default a model is learnt, and kept in OUT without its ending, .model."""
    out: Path = Path("texts.npz")
    """File to write: text [n, width]."""


@dataclass(frozen=True, kw_only=True)
class FeaturesAll(ByNetwork, ByWords, Rows):
    """Turn pictures, texts and labels into a store to train on."""

    out: Path
    """Folder of the store, a new one; the model of its texts goes to OUT.model."""
    queries: Annotated[int, at_least(0)] = 0
    """Rows of the query set, drawn; a tenth if 0. No text of theirs is learnt from."""
    train: Annotated[int, at_least(0)] = 0
    """Rows that train; all that are no queries if 0."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        check_weights(self)
