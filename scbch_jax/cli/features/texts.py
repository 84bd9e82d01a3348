"""`scbch features texts`: features of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from scbch_jax import extras, io
from scbch_jax.cli.features import SourceOptions, read_source
from scbch_jax.config.constraints import at_least
from scbch_jax.config.data import Doc2VecConfig
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.features import TextModel


@dataclass(frozen=True, kw_only=True)
class TextOptions(Doc2VecConfig):
    """Options of the features of texts; those of Doc2Vec are declared with it."""

    kind: Literal["words", "doc2vec"] = "words"
    """words: which words of a vocabulary a text has, as 0 and 1; doc2vec: vectors that
    predict a text's words (PV-DM)."""
    words: Annotated[int, at_least(1, 1_000_000)] = 1000
    """Size of the vocabulary of words: the most frequent ones."""

    def __post_init__(self) -> None:
        """Checks the fields, and that gensim is installed if it is needed."""
        super().__post_init__()
        if self.kind == "doc2vec":
            extras.require_packages("--kind doc2vec", "gensim")


@dataclass(frozen=True, kw_only=True)
class FeaturesTexts(TextOptions, SourceOptions):
    """Compute features of texts: bags of words or Doc2Vec, with a saved model."""

    model: Path | None = None
    """Folder of a saved model to use, with its options, so that these texts get
    comparable features. By default a model is trained, and saved in OUT without its
    ending, .model."""
    out: Path = Path("texts.npz")
    """File to write: text [n, width], and text_extractor, the SHA-256 of the model."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        SourceOptions.__post_init__(self)


def main(options: FeaturesTexts) -> None:
    """Writes an npz file of features, and the model if it is new."""
    import numpy as np

    from scbch_jax import features
    from scbch_jax.cli import console

    io.require_writable("out", options.out, ".npz")
    folder = options.model or options.out.with_suffix(".model")
    if options.model is None:
        require(not folder.exists(), "out", f"{folder}, which exists", "another name")
    texts = [sample.text for sample in read_source(options.source, options).samples]
    require_texts(texts)
    if options.model is None:
        model = train_text_model(texts, options)
    else:
        model = features.load_text_model(folder)
    report_unknown(model, texts)
    rows = features.text_features(model, texts)
    made_by = np.array([features.model_sha256(model)])
    io.write_npz(options.out, text=rows, text_extractor=made_by)
    # Last: a model that is there ends the same call after one that was killed.
    if options.model is None:
        features.save_text_model(folder, model)
    summary = features.model_summary(model)
    console.output(f"{options.out}: text {rows.shape} by {summary} in {folder}")


def require_texts(texts: Sequence[str]) -> None:
    """Raises `InputError` unless some row has a text; single rows may lack it."""
    require(any(texts), "text", "no text in any row", "texts")


def train_text_model(texts: Sequence[str], options: TextOptions) -> TextModel:
    """Trains a model of the kind that the options name.

    Raises:
        InputError: if no word is frequent enough.
    """
    from scbch_jax import features

    if options.kind == "doc2vec":
        names = [field.name for field in fields(Doc2VecConfig)]
        config = Doc2VecConfig(**{name: getattr(options, name) for name in names})
        return features.train_doc2vec(texts, config)
    return features.BagOfWords(
        features.build_vocabulary(
            texts, min_count=options.min_count, max_words=options.words
        )
    )


def report_unknown(model: TextModel, texts: Sequence[str]) -> list[int]:
    """Reports texts without a known word: their features are zeros.

    Returns:
        Their rows.

    Raises:
        InputError: if no text has a known word.
    """
    from scbch_jax import features
    from scbch_jax.cli import console

    rows = features.without_known_words(model, texts)
    got = "no text with a word that the model knows"
    require(len(rows) < len(texts), "texts", got, "texts in the model's language")
    if rows:
        console.log(
            f"texts: {len(rows)} of {len(texts)} have no word that the model knows, so "
            f"their features are zeros; the first is row {rows[0]}"
        )
    return rows
