"""Text models, which map texts to features, as files, so that they apply to new texts.

FOLDER/words.json       kind, options, words with their counts
FOLDER/arrays.npz       of Doc2Vec only: input vectors and output weights of the words,
                        of PV-DBOW the latter
"""

import hashlib
import json
from collections.abc import Container, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import io
from scbch_jax.config.data import DbowConfig, Doc2VecConfig
from scbch_jax.data.formats import read_array
from scbch_jax.errors import InputError, require
from scbch_jax.features.bag_of_words import BagOfWords, bag_of_words, tokenize
from scbch_jax.features.dbow import DbowModel, dbow_vectors
from scbch_jax.features.doc2vec import Doc2VecModel, infer_vectors

FORMATS = (1, 2)
"""Versions that are read; the last one is written. Version 1 called the config "plan"
and the minimum count "least"."""

TextModel = BagOfWords | Doc2VecModel | DbowModel


def text_features(model: TextModel, texts: Sequence[str]) -> np.ndarray:
    """Features of texts: float32 [n, words] or [n, dim]."""
    if isinstance(model, BagOfWords):
        return bag_of_words(texts, model.vocabulary)
    if isinstance(model, DbowModel):
        return dbow_vectors(model, texts)
    return infer_vectors(model, texts)


def without_known_words(model: TextModel, texts: Sequence[str]) -> list[int]:
    """Rows of the texts whose features are zeros because the model knows no word."""
    known = known_words(model)
    return [i for i, text in enumerate(texts) if known.isdisjoint(tokenize(text))]


def known_words(model: TextModel) -> frozenset[str]:
    """The words of the vocabulary, as `unknown_words` takes them."""
    return frozenset(word for word, _ in model.vocabulary)


def unknown_words(text: str, known: Container[str]) -> list[str]:
    """The words of a text that a model does not know, each once.

    >>> unknown_words("A dog, a unicorn", {"a", "dog"})
    ['unicorn']

    Args:
        text: any.
        known: the words that the model knows.

    Raises:
        InputError: if it knows none of the text, whose features would be zeros.
    """
    words = list(dict.fromkeys(tokenize(text)))
    unknown = [word for word in words if word not in known]
    shown = text if len(text) <= 60 else f"{text[:59]}…"
    got = f"{shown!r}, without a word that the encoder knows"
    require(len(unknown) < len(words), "text", got, "one such word at least")
    return unknown


def column_names(model: TextModel) -> list[str]:
    """The word of each column; none for Doc2Vec, whose columns have no meaning."""
    words = model.vocabulary if isinstance(model, BagOfWords) else ()
    return [word for word, _ in words]


def model_summary(model: TextModel) -> str:
    """The kind of a model and the size of its vocabulary, in words."""
    kind = KINDS[_kind(model)]
    return f"{kind}, {len(model.vocabulary)} words"


def model_sha256(model: TextModel) -> str:
    """SHA-256 of everything that decides the features of a text."""
    digest = hashlib.sha256(json.dumps(_record(model), sort_keys=True).encode())
    for name, array in _arrays(model).items():
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def save_text_model(folder: Path, model: TextModel) -> None:
    """Writes a model, atomically.

    Raises:
        InputError: if the folder exists or cannot be written.
    """
    require(not folder.exists(), "model", f"{folder}, which exists", "a new folder")
    with io.new_folder(folder) as partial:
        if arrays := _arrays(model):
            io.write_npz(partial / "arrays.npz", **arrays)
        io.write_json(partial / "words.json", _record(model))


def load_text_model(folder: Path) -> TextModel:
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


def _kind(model: TextModel) -> str:
    if isinstance(model, BagOfWords):
        return "words"
    return "dbow" if isinstance(model, DbowModel) else "doc2vec"


def _record(model: TextModel) -> io.Record:
    record: io.Record = {"format": FORMATS[-1], "kind": _kind(model)}
    if not isinstance(model, BagOfWords):
        record |= {"config": asdict(model.config)}
    return record | {"vocabulary": model.vocabulary}


def _arrays(model: TextModel) -> dict[str, np.ndarray]:
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
