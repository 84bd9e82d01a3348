"""`scbch features texts`: features of texts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from scbch_jax import extras, io
from scbch_jax.cli.features import SourceOptions, read_source
from scbch_jax.cli.features.images import PrecisionOptions, find_network
from scbch_jax.config.constraints import at_least
from scbch_jax.config.data import Doc2VecConfig
from scbch_jax.errors import require

if TYPE_CHECKING:
    import numpy as np

    from scbch_jax.features import SavedModel, TextModel


@dataclass(frozen=True, kw_only=True)
class TextOptions(Doc2VecConfig):
    """Options of the features of texts; those of Doc2Vec are declared with it."""

    kind: Literal["words", "doc2vec", "network"] | None = None
    """words: which words of a vocabulary a text has, as 0 and 1; doc2vec: vectors that
    predict a text's words (PV-DM); network: features of --network. By default network
    if that has features of texts, else words."""
    words: Annotated[int, at_least(1, 1_000_000)] = 1000
    """Size of the vocabulary of words: the most frequent ones."""

    def __post_init__(self) -> None:
        """Checks the fields, and that gensim is installed if it is needed."""
        super().__post_init__()
        if self.kind == "doc2vec":
            extras.require_packages("--kind doc2vec", "gensim")


@dataclass(frozen=True, kw_only=True)
class FeaturesTexts(TextOptions, PrecisionOptions, SourceOptions):
    """Compute features of texts: bags of words, Doc2Vec, or a network such as CLIP."""

    network: str = ""
    """An image-text model or sentence encoder in the format of Hugging Face
    transformers: its folder, or OWNER/NAME or OWNER/NAME@REVISION, which is fetched."""
    model: Path | None = None
    """Folder of a saved model to use, with its options, so that these texts get
    comparable features. By default a model is trained, and saved in OUT without its
    ending, .model."""
    out: Path = Path("texts.npz")
    """File to write: text [n, width], and text_extractor, the SHA-256 of the model or
    the name of the network."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        SourceOptions.__post_init__(self)
        by_network = bool(self.network)
        wanted = "a folder, or OWNER/NAME of Hugging Face"
        named = by_network or not (self.mixed or self.kind == "network")
        require(named, "network", "none", wanted)
        for name, value in (("model", self.model), ("kind", self.kind)):
            free = not by_network or value in (None, "network")
            require(free, name, value, "none: the network makes the features")


def main(options: FeaturesTexts) -> None:
    """Writes an npz file of features, and the model if it is new."""
    from scbch_jax import features

    io.require_writable("out", options.out, ".npz")
    folder = options.model or options.out.with_suffix(".model")
    new = options.model is None and not options.network
    if new:
        require(not folder.exists(), "out", f"{folder}, which exists", "another name")
    texts = [sample.text for sample in read_source(options.source, options).samples]
    require_texts(texts)
    if options.network:
        files = find_network(options.network, options)
        model = features.TextNetwork(files.name, files.folder)
    elif new:
        model = train_text_model(texts, options)
    else:
        model = features.load_text_model(folder)
    _write(options, model, texts)
    # Last: a model that is there ends the same call after one that was killed.
    if new and isinstance(model, features.SavedModel):
        features.save_text_model(folder, model)


def _write(options: FeaturesTexts, model: TextModel, texts: Sequence[str]) -> None:
    """Writes and reports the features of texts."""
    import numpy as np

    from scbch_jax import features
    from scbch_jax.cli import console

    report_unknown(model, texts)
    with extracted(model, texts, options.out.with_suffix(".partial")) as rows:
        made_by = np.array([features.model_id(model)])
        io.write_npz(options.out, text=rows, text_extractor=made_by)
    summary = features.model_summary(model)
    if isinstance(model, features.SavedModel):
        summary += f" in {options.model or options.out.with_suffix('.model')}"
    console.output(f"{options.out}: text {rows.shape} by {summary}")


@contextlib.contextmanager
def extracted(
    model: TextModel, texts: Sequence[str], folder: Path
) -> Iterator[np.ndarray]:
    """Features of texts; those of a network in a cache, so that they can be resumed.

    Args:
        model: of the texts.
        texts: all of them.
        folder: of the cache, which is removed once the features have been used.

    Raises:
        InputError: if the network cannot be used, or the cache is of others.
        Interrupted: at SIGTERM.
    """
    from scbch_jax import features
    from scbch_jax.cli import console

    if not isinstance(model, features.TextNetwork):
        yield features.text_features(model, texts)
        return
    with features.open_cache(folder, texts, model, batch_size=features.TEXTS) as cache:
        with (
            console.progress_bar("texts", total=len(texts)) as advance,
            console.stop_requested() as stop,
        ):
            features.extract_texts(texts, model, cache, on_batch=advance, stop=stop)
        yield cache.features
        cache.remove()


def require_texts(texts: Sequence[str]) -> None:
    """Raises `InputError` unless some row has a text; single rows may lack it."""
    require(any(texts), "text", "no text in any row", "texts")


def train_text_model(texts: Sequence[str], options: TextOptions) -> SavedModel:
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
