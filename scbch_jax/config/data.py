"""Options of the data that this package makes: synthetic sets, and features."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from scbch_jax.config.constraints import ChecksFields, at_least, between, check_fields
from scbch_jax.errors import require

MAX_ROWS = 1_000_000
"""All rows of a synthetic dataset are drawn in memory."""

MAX_PIXELS = 64_000_000
"""Default limit of the pixels of a picture that is decoded."""

PILLOW_MAX_PIXELS = 178_956_970
"""Above this Pillow refuses to open a picture."""


@dataclass(frozen=True)
class Planted:
    """Number, size and difficulty of the samples."""

    PREFIX: ClassVar[str] = "data.planted."
    """What stands before the names of these options on the command line."""
    train: Annotated[int, at_least(2, MAX_ROWS)] = 2000
    """Training samples."""
    queries: Annotated[int, at_least(1, MAX_ROWS)] = 300
    """Query samples."""
    database: Annotated[int, at_least(1, MAX_ROWS)] = 3000
    """Database samples; the training samples are the first of them."""
    classes: Annotated[int, at_least(2, 100_000)] = 12
    """Classes; their frequencies decrease with the class number, and classes with
    adjacent numbers co-occur."""
    image_dim: Annotated[int, at_least(1, 1_000_000)] = 128
    """Dimension of the image features."""
    words: Annotated[int, at_least(1, 1_000_000)] = 300
    """Dimension of the text features, bags of words."""
    clutter: Annotated[float, between(0, 100)] = 4.0
    """Strength of the clutter: directions of the image features that vary by more than
    those of a label and depend on none; 0 makes the task easy."""
    word_dropout: Annotated[float, between(0, 1)] = 0.6
    """Share of the informative words that a text omits."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of the dataset; separate from the seeds of training."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, self.PREFIX)
        _require_train_in_database(self, f"{self.PREFIX}train")


@dataclass(frozen=True)
class Scenes:
    """Number, size and difficulty of the scenes."""

    train: Annotated[int, at_least(2, MAX_ROWS)] = 2000
    """Training samples."""
    queries: Annotated[int, at_least(1, MAX_ROWS)] = 400
    """Query samples."""
    database: Annotated[int, at_least(1, MAX_ROWS)] = 3000
    """Database samples; the training samples are the first of them."""
    side: Annotated[int, at_least(24, 1024)] = 48
    """Width and height of a picture, in pixels."""
    text_dim: Annotated[int, at_least(1, 16_384)] = 128
    """Dimension of the text features, which are PV-DBOW vectors of the captions."""
    nuisance: Annotated[float, between(0, 1)] = 0.3
    """Strength of what changes pixels but no label: light, grain, patches of color."""
    word_dropout: Annotated[float, between(0, 1)] = 0.3
    """Share of what a picture shows that its caption omits."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of the dataset; separate from the seeds of training."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "data.scenes.")
        _require_train_in_database(self, "data.scenes.train")


@dataclass(frozen=True, kw_only=True)
class Doc2VecConfig(ChecksFields):
    """How Doc2Vec is trained, and vectors of new texts are inferred."""

    dim: Annotated[int, at_least(1, 16_384)] = 300
    """Dimension of the vectors of doc2vec."""
    window: Annotated[int, at_least(1, 10_000)] = 5
    """Context of doc2vec: words before and after the predicted one."""
    epochs: Annotated[int, at_least(1, 100_000)] = 20
    """Epochs of doc2vec, in training and for each inferred vector."""
    min_count: Annotated[int, at_least(1)] = 2
    """Minimum count of a word."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of doc2vec, and of the split of `features all`."""


@dataclass(frozen=True, kw_only=True)
class DbowConfig(ChecksFields):
    """How the vectors of bags of words (PV-DBOW) are trained and inferred."""

    dim: Annotated[int, at_least(1, 16_384)] = 128
    """Dimension of the vectors."""
    epochs: Annotated[int, at_least(1, 100_000)] = 20
    """Epochs of training, and of each inferred vector."""
    min_count: Annotated[int, at_least(1)] = 2
    """Minimum count of a word."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed."""


def _require_train_in_database(options: Planted | Scenes, field: str) -> None:
    wanted = (
        f"at most the {options.database} rows of the database, whose first rows train"
    )
    require(options.train <= options.database, field, options.train, wanted)
