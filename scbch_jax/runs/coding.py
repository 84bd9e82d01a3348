"""Many rows of features to packed codes by a trained run, a part at a time."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from scbch_jax.data import feature_folder, store
from scbch_jax.data.feature_folder import FeatureFolder, Records
from scbch_jax.errors import require
from scbch_jax.index import Rows
from scbch_jax.index.bulk import Source
from scbch_jax.runs.networks import HashNetworks, TrainedRun, open_run

BLOCK = 2048
"""Rows on the device at once."""


def encode_blocks(
    networks: HashNetworks, features: Mapping[str, Any]
) -> dict[str, UInt8[np.ndarray, "rows bytes"]]:
    """Packed codes of the modalities that are there, computed in blocks of rows.

    Args:
        networks: of a trained run.
        features: of images, texts or both, float32 [rows, width].
    """
    codes = {}
    for modality, rows in features.items():
        starts = range(0, len(rows), BLOCK)
        blocks = [networks.encode(modality, rows[i : i + BLOCK]) for i in starts]
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
        InputError: if either cannot be used, the features have another width or were
            made by others than those of the run, or there is not a name for each column
            of the labels.
    """
    opened = open_run(run, seed=seed)
    found = feature_folder.open_folder(folder)
    if store.is_store(folder):
        made_by = store.extractors(store.read(folder))
        require_extractors(opened, made_by, folder)
    _check_widths(opened, found)
    columns = 0 if found.labels is None else found.labels.shape[1]
    names = list(classes) or found.classes or [str(i) for i in range(columns)]
    wanted = f"{columns}, one for each column of the labels"
    require(len(names) == columns, "classes", len(names), wanted)
    records = feature_folder.find_records(found, step=step)
    return Source(
        rows=found.rows,
        read=partial(_read_coded, opened, folder.absolute(), records),
        modalities=list(found.features),
        bits=opened.networks.recipe.sizes.bits,
        classes=names,
        encoder=opened.id,
        records=partial(feature_folder.read_records, found, records),
    )


def require_extractors(
    run: TrainedRun, made_by: Mapping[str, str], source: object
) -> None:
    """Raises `InputError` for features of another network or text model than a run's.

    Where it is not known what made either of them, they are accepted.
    """
    for modality, name in run.extractors.items():
        found = made_by.get(modality, name)
        wanted = f"those of {name} as {run.path}"
        require(found == name, modality, f"features of {found} in {source}", wanted)


def _check_widths(run: TrainedRun, found: FeatureFolder) -> None:
    widths = run.networks.widths()
    for modality, array in found.features.items():
        got, wanted = array.shape[1], widths[modality]
        require(got == wanted, modality, f"{got} columns", f"{wanted} as {run.path}")


def _read_coded(
    run: TrainedRun,
    folder: Path,
    records: Records,
    start: int,
    stop: int,
) -> Rows:
    """Codes, labels and records of some rows."""
    found = feature_folder.open_folder(folder)
    features, labels = feature_folder.read_part(found, start, stop)
    codes = encode_blocks(run.networks, features)
    lines = list(feature_folder.read_records(found, records, start, stop))
    return Rows(codes, labels, lines or None)
