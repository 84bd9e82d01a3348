"""Text models, which map texts to features: pretrained networks, and models as files.

A trained model is saved, so that it applies to new texts:

FOLDER/words.json       kind, options, words with their counts
FOLDER/arrays.npz       of Doc2Vec only: input vectors and output weights of the words,
                        of PV-DBOW the latter
"""

import hashlib
import json
from collections.abc import Container, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from scbch_jax import io
from scbch_jax.config.data import DbowConfig, Doc2VecConfig
from scbch_jax.data.formats import read_array
from scbch_jax.errors import InputError, require
from scbch_jax.features.bag_of_words import BagOfWords, bag_of_words, tokenize
from scbch_jax.features.dbow import DbowModel, dbow_vectors
from scbch_jax.features.doc2vec import Doc2VecModel, infer_vectors
from scbch_jax.features.pretrained import Pretrained, pretrained_named

FORMATS = (1, 2)
"""Versions that are read; the last one is written. Version 1 called the config "plan"
and the minimum count "least"."""


class TextNetwork(NamedTuple):
    """A pretrained network of texts, which is opened when it is used."""

    name: str
    """As `PretrainedFiles.name`."""
    folder: Path | None = None
    """Of the network, if it is known."""

    @property
    def opened(self) -> Pretrained:
        """The network.

        Raises:
            InputError: if it is not in the folder, or has no features of texts.
        """
        network = pretrained_named(self.name, self.folder)
        network.require("text")
        return network

    @property
    def width(self) -> int:
        """Columns of its features."""
        return self.opened.text_width


SavedModel = BagOfWords | Doc2VecModel | DbowModel
"""Models that are trained, and saved as files."""

TextModel = SavedModel | TextNetwork

TEXTS = 32
"""Texts that a network computes at once."""


def text_features(model: TextModel, texts: Sequence[str]) -> np.ndarray:
    """Features of texts: float32 [n, width]; zeros where there are no known words."""
    if isinstance(model, BagOfWords):
        return bag_of_words(texts, model.vocabulary)
    if isinstance(model, DbowModel):
        return dbow_vectors(model, texts)
    if isinstance(model, Doc2VecModel):
        return infer_vectors(model, texts)
    found = np.zeros((len(texts), model.width), np.float32)
    rows = [i for i, text in enumerate(texts) if text.strip()]
    for start in range(0, len(rows), TEXTS):
        part = rows[start : start + TEXTS]
        found[part] = model.opened.texts([texts[i] for i in part])
    return found


def without_known_words(model: TextModel, texts: Sequence[str]) -> list[int]:
    """Rows of the texts whose features are zeros because the model knows no word."""
    known = known_words(model)
    if known is None:
        return [i for i, text in enumerate(texts) if not text.strip()]
    return [i for i, text in enumerate(texts) if known.isdisjoint(tokenize(text))]


def known_words(model: TextModel) -> frozenset[str] | None:
    """The words of the vocabulary; None for a network, which takes any word."""
    if isinstance(model, TextNetwork):
        return None
    return frozenset(word for word, _ in model.vocabulary)


def unknown_words(text: str, known: Container[str] | None) -> list[str]:
    """The words of a text that a model does not know, each once.

    >>> unknown_words("A dog, a unicorn", {"a", "dog"})
    ['unicorn']

    Args:
        text: any.
        known: the words that the model knows; None if it takes any.

    Raises:
        InputError: if it knows none of the text, whose features would be zeros.
    """
    words = text.split() if known is None else list(dict.fromkeys(tokenize(text)))
    unknown = [] if known is None else [word for word in words if word not in known]
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    got = f"{shown!r}, without a word that the encoder knows"
    require(len(unknown) < len(words), "text", got, "at least one known word")
    return unknown


def column_names(model: TextModel) -> list[str]:
    """The word of each column; none for Doc2Vec, whose columns have no meaning."""
    words = model.vocabulary if isinstance(model, BagOfWords) else ()
    return [word for word, _ in words]


def model_summary(model: TextModel) -> str:
    """The kind of a model and the size of its vocabulary, in words."""
    if isinstance(model, TextNetwork):
        return model.name
    kind = KINDS[_kind(model)]
    return f"{kind}, {len(model.vocabulary)} words"


def model_id(model: TextModel) -> str:
    """What identifies a model: the name of a network, the SHA-256 of a saved model."""
    return model.name if isinstance(model, TextNetwork) else model_sha256(model)


def model_sha256(model: SavedModel) -> str:
    """SHA-256 of everything that decides the features of a text."""
    digest = hashlib.sha256(json.dumps(_record(model), sort_keys=True).encode())
    for name, array in _arrays(model).items():
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def save_text_model(folder: Path, model: SavedModel) -> None:
    """Writes a model, atomically.

    Raises:
        InputError: if the folder exists or cannot be written.
    """
    require(not folder.exists(), "model", f"{folder}, which exists", "a new folder")
    with io.new_folder(folder) as partial:
        if arrays := _arrays(model):
            io.write_npz(partial / "arrays.npz", **arrays)
        io.write_json(partial / "words.json", _record(model))


def load_text_model(folder: Path) -> SavedModel:
    """Reads a model; nothing in it can run code.

    Raises:
        InputError: if the folder holds no such model, or it is damaged.
    """
    path = folder / "words.json"
    require(path.is_file(), "model", folder, "a folder with words.json")
    record = io.read_json(path, "model")
    try:
        version, known = record["format"], " or ".join(map(str, FORMATS))
        require(version in FORMATS, f"format of {path}", version, known)
        vocabulary = tuple((str(word), int(n)) for word, n in record["vocabulary"])
        if record["kind"] == "words":
            return BagOfWords(vocabulary)
        config = _config(record)
        names = ARRAYS[record["kind"]]
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        got = f"{path} ({type(error).__name__}: {error})"
        raise InputError(f"model: got {got}, wanted the words of a model") from error
    arrays = [read_array(folder / "arrays.npz", name) for name in names]
    for name, array in zip(names, arrays, strict=True):
        wanted = (len(vocabulary), config.dim)
        fits = array.shape == wanted and array.dtype == np.float32
        got = f"{array.dtype} {array.shape}"
        require(fits, f"{name} in {folder / 'arrays.npz'}", got, f"float32 {wanted}")
    if isinstance(config, DbowConfig):
        return DbowModel(config, vocabulary, *arrays)
    return Doc2VecModel(config, vocabulary, *arrays)


KINDS = {"words": "bag of words", "doc2vec": "Doc2Vec", "dbow": "PV-DBOW"}

ARRAYS = {"doc2vec": ("words", "outputs"), "dbow": ("outputs",)}
"""Names of the matrices in the file."""


def _kind(model: SavedModel) -> str:
    if isinstance(model, BagOfWords):
        return "words"
    return "dbow" if isinstance(model, DbowModel) else "doc2vec"


def _record(model: SavedModel) -> io.Record:
    record: io.Record = {"format": FORMATS[-1], "kind": _kind(model)}
    if not isinstance(model, BagOfWords):
        record |= {"config": asdict(model.config)}
    return record | {"vocabulary": model.vocabulary}


def _arrays(model: SavedModel) -> dict[str, np.ndarray]:
    if isinstance(model, BagOfWords):
        return {}
    if isinstance(model, DbowModel):
        return {"outputs": model.output_weights}
    return {"words": model.word_vectors, "outputs": model.output_weights}


def _config(record: dict[str, Any]) -> Doc2VecConfig | DbowConfig:
    if record["kind"] == "dbow":
        return DbowConfig(**record["config"])
    options = dict(record["config"] if record["format"] > 1 else record["plan"])
    if "least" in options:
        options["min_count"] = options.pop("least")
    return Doc2VecConfig(**options)
