"""Many rows of features to packed codes by a trained run, a part at a time."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import UInt8

from scbch_jax import training
from scbch_jax.config import Experiment
from scbch_jax.data import feature_folder
from scbch_jax.data.feature_folder import FeatureFolder, Records
from scbch_jax.errors import require
from scbch_jax.index import Rows
from scbch_jax.index.bulk import Source
from scbch_jax.methods import Recipe
from scbch_jax.runs.opening import saved_params

BLOCK = 2048
"""Rows on the device at once."""


class Encoder(NamedTuple):
    """A trained run, opened to encode."""

    run: Path
    """The folder of the run."""
    seed: int | None
    experiment: Experiment
    recipe: Recipe
    params: Any
    id: str
    """SHA-256 of both hash networks."""

    def __reduce__(self) -> Any:
        """Other processes get an encoder by its path, and open it once each."""
        return _open_same, (self.run.absolute(), self.seed, self.id)


def encoder_id(params: Any) -> str:
    """SHA-256 of both hash networks, by which an index refuses codes of another run."""
    digest = hashlib.sha256()
    for path, array in jax.tree_util.tree_leaves_with_path(params):
        digest.update(f"{jax.tree_util.keystr(path)} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def open_encoder(run: Path, *, seed: int | None = None) -> Encoder:
    """Opens a trained run, of its first seed by default.

    Raises:
        InputError: if the folder holds no such run.
    """
    experiment, recipe, params = saved_params(run, seed=seed)
    return Encoder(run, seed, experiment, recipe, params, encoder_id(params))


@lru_cache(maxsize=1)
def _open_same(run: Path, seed: int | None, encoder: str) -> Encoder:
    """Opens a run whose networks have that id."""
    found = open_encoder(run, seed=seed)
    got = f"{run}, which was trained again meanwhile"
    require(found.id == encoder, "run", got, "the run as it was")
    return found


def encode_blocks(
    encoder: Encoder, features: Mapping[str, Any]
) -> dict[str, UInt8[np.ndarray, "rows bytes"]]:
    """Packed codes of the modalities that are there, computed in blocks of rows.

    Args:
        encoder: a trained run.
        features: of images, texts or both, float32 [rows, width].
    """
    codes = {}
    with jax.default_matmul_precision(encoder.experiment.training.precision):
        for modality, rows in features.items():
            encode = partial(
                training.encode_features,
                encoder.params,
                encoder.experiment.hparams,
                modality=modality,
                recipe=encoder.recipe,
            )
            starts = range(0, len(rows), BLOCK)
            blocks = [np.asarray(encode(rows[i : i + BLOCK])) for i in starts]
            codes[modality] = np.concatenate(blocks)
    return codes


def coded_rows(
    run: Path,
    folder: Path,
    *,
    step: int,
    seed: int | None = None,
    classes: Sequence[str] = (),
) -> Source:
    """Rows for an index: the features in a folder, encoded by a trained run.

    Args:
        run: the folder of the run.
        folder: a store, or a folder as `data.feature_folder` describes.
        step: rows of a part; the source gives parts that begin at its multiples.
        seed: whose weights are used; by default the first.
        classes: names of the columns of the labels; by default those of the store, or
            their numbers.

    Raises:
        InputError: if either cannot be used, the features have another width, or there
            is not a name for each column of the labels.
    """
    encoder = open_encoder(run, seed=seed)
    found = feature_folder.open_folder(folder)
    _check_widths(encoder, found)
    columns = 0 if found.labels is None else found.labels.shape[1]
    names = list(classes) or found.classes or [str(i) for i in range(columns)]
    wanted = f"{columns}, one for each column of the labels"
    require(len(names) == columns, "classes", len(names), wanted)
    records = feature_folder.find_records(found, step=step)
    return Source(
        rows=found.rows,
        read=partial(_read_coded, encoder, folder.absolute(), records),
        modalities=list(found.features),
        bits=encoder.recipe.sizes.bits,
        classes=names,
        encoder=encoder.id,
        records=partial(feature_folder.read_records, found, records),
    )


def _check_widths(encoder: Encoder, found: FeatureFolder) -> None:
    sizes = encoder.recipe.sizes
    widths = {"image": sizes.image_dim, "text": sizes.text_dim}
    for modality, array in found.features.items():
        got, wanted = array.shape[1], widths[modality]
        require(got == wanted, modality, f"{got} columns", f"{wanted} as {encoder.run}")


def _read_coded(
    encoder: Encoder,
    folder: Path,
    records: Records,
    start: int,
    stop: int,
) -> Rows:
    """Codes, labels and records of some rows."""
    found = feature_folder.open_folder(folder)
    features, labels = feature_folder.read_part(found, start, stop)
    codes = encode_blocks(encoder, features)
    lines = list(feature_folder.read_records(found, records, start, stop))
    return Rows(codes, labels, lines or None)
