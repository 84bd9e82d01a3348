"""What turns texts into features, kept so that later texts land in the same space.

FOLDER/words.json       kind, options, words with their counts
FOLDER/arrays.npz       of Doc2Vec only: vectors and outputs of the words
"""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax.data.formats import read_array
from scbch_jax.errors import InputError, require
from scbch_jax.features.doc2vec import Doc2VecConfig, Documents, place_documents
from scbch_jax.features.words import Vocabulary, bag_of_words

FORMAT = 1


class Bag(NamedTuple):
    """A bag of words: the vocabulary is all there is to it."""

    vocabulary: Vocabulary


TextModel = Bag | Documents


def text_features(model: TextModel, texts: Sequence[str]) -> np.ndarray:
    """Features of texts: float32 [n, words] or [n, dim]."""
    if isinstance(model, Bag):
        return bag_of_words(texts, model.vocabulary)
    return place_documents(model, texts)


def column_names(model: TextModel) -> list[str]:
    """The word of each column; none for Doc2Vec, whose columns mean nothing alone."""
    return [word for word, _ in model.vocabulary] if isinstance(model, Bag) else []


def save_text_model(folder: Path, model: TextModel) -> None:
    """Writes a model, whole or not at all.

    Raises:
        InputError: if the folder exists or cannot be made.
    """
    require(not folder.exists(), "model", f"{folder}, which exists", "a new folder")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    record = {"format": FORMAT, "kind": "words", "vocabulary": model.vocabulary}
    try:
        fresh.mkdir(parents=True)
        if isinstance(model, Documents):
            record |= {"kind": "doc2vec", "plan": model.plan._asdict()}
            np.savez(fresh / "arrays.npz", words=model.words, outputs=model.outputs)
        (fresh / "words.json").write_text(json.dumps(record) + "\n")
        fresh.rename(folder)
    except OSError as error:
        got = f"{folder} ({error.strerror or error})"
        raise InputError(f"model: got {got}, wanted a folder to write in") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def load_text_model(folder: Path) -> TextModel:
    """Reads a model; nothing in it can run code.

    Raises:
        InputError: if the folder holds no such model, or it is damaged.
    """
    path = folder / "words.json"
    require(path.is_file(), "model", folder, "a folder with words.json")
    try:
        record = json.loads(path.read_text())
        require(record["format"] == FORMAT, str(path), record["format"], str(FORMAT))
        vocabulary = tuple((str(word), int(n)) for word, n in record["vocabulary"])
        if record["kind"] == "words":
            return Bag(vocabulary)
        plan = Doc2VecConfig(**record["plan"])
    except (ValueError, TypeError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        got = f"{path} ({type(error).__name__}: {error})"
        raise InputError(f"model: got {got}, wanted the words of a model") from error
    words, outputs = (
        read_array(folder / "arrays.npz", name) for name in ("words", "outputs")
    )
    for name, array in (("words", words), ("outputs", outputs)):
        wanted = (len(vocabulary), plan.dim)
        fits = array.shape == wanted and array.dtype == np.float32
        got = f"{array.dtype} {array.shape}"
        require(fits, f"{name} in {folder / 'arrays.npz'}", got, f"float32 {wanted}")
    return Documents(plan, vocabulary, words, outputs)
