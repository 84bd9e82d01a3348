"""A builder for tensorflow-datasets, which needs no TensorFlow for it.

Importing this module registers the builder:

    tfds.data_source("cross_modal_features/mirflickr", data_dir="sets", split="train")

Its source is the folder that TFDS calls manual, by default
`DATA_DIR/downloads/manual`: a store, or files as `data import` reads them.
"""

import dataclasses
import functools
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from scbch_jax.data import importing
from scbch_jax.data import store as stores
from scbch_jax.data.benchmarks import BENCHMARKS
from scbch_jax.data.formats import SUFFIXES, find_arrays
from scbch_jax.data.store import Store
from scbch_jax.errors import require

NAME = "cross_modal_features"
"""Name of the builder in TFDS; each dataset is a configuration of it."""

SHARD_BYTES = 128 << 20
"""About how much of a split one file holds."""


@dataclasses.dataclass(eq=False)
class Config(tfds.core.BuilderConfig):
    """A dataset: its name, and its widths where they are known beforehand."""

    image_dim: int | None = None
    text_dim: int | None = None
    classes: int | None = None


def _published_configs() -> list[Config]:
    """The published datasets; their image features are from different networks."""
    return [
        Config(
            name=known.name,
            description=known.title,
            text_dim=known.text_dim,
            classes=known.classes,
        )
        for known in BENCHMARKS.values()
    ]


class CrossModalFeatures(tfds.core.ShardBasedBuilder):
    """Image features, text features and labels, split into query, train and database.

    Rows are in the order of the store: TFDS's generator by examples would shuffle them,
    or keep a whole split in memory.
    """

    VERSION = tfds.core.Version("1.0.0")
    # TFDS looks beside the code for checksums of downloads, by a package it does not
    # bring along; nothing is downloaded here.
    code_path = None  # type: ignore[assignment]
    BUILDER_CONFIGS = _published_configs()
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "A store that `scbch data import` wrote, or the files of one dataset in any "
        "layout that it knows, and no other files."
    )

    def __init__(self, *, file_format: Any = None, **options: Any) -> None:
        """Takes the options of TFDS; its default file format would need TensorFlow."""
        self.on_rows: Callable[[int], None] = lambda rows: None
        super().__init__(file_format=file_format or "array_record", **options)

    def _info(self) -> tfds.core.DatasetInfo:
        config: Any = self.builder_config
        tensor = functools.partial(tfds.features.Tensor, encoding="bytes")
        features = {
            "image": tensor(shape=(config.image_dim,), dtype=np.float32),
            "text": tensor(shape=(config.text_dim,), dtype=np.float32),
            "labels": tensor(shape=(config.classes,), dtype=np.uint8),
            "row": tfds.features.Scalar(np.int64, doc="number of the row in the store"),
            "line": tfds.features.Text(
                doc="the row's picture and text, JSON, or empty"
            ),
        }
        return tfds.core.DatasetInfo(
            builder=self,
            description=_DESCRIPTION,
            features=tfds.features.FeaturesDict(features),
            disable_shuffling=True,
            homepage="https://arxiv.org/abs/2511.07780",
            citation=_CITATION,
            metadata=tfds.core.MetadataDict(),
        )

    def _download_and_prepare(
        self, dl_manager: Any, download_config: Any = None
    ) -> None:
        # In the unfinished folder, on the disk that is written anyway; TFDS removes it.
        with tempfile.TemporaryDirectory(dir=self.data_dir) as scratch:
            self._scratch = Path(scratch)
            super()._download_and_prepare(dl_manager, download_config)

    def _shard_iterators_per_split(self, dl_manager: Any) -> dict[str, list[Any]]:
        folder = _store_of(Path(dl_manager.manual_dir), self._scratch)
        store, lines = stores.read(folder), stores.read_lines(folder)
        _require_widths(store, self.builder_config)
        metadata: Any = self.info.metadata
        metadata.update(about(store))
        examples = functools.partial(self._examples, store, lines)
        return {
            name: [functools.partial(examples, block) for block in _blocks(store, rows)]
            for name, rows in store.rows._asdict().items()
        }

    def _examples(
        self, store: Store, lines: list[dict[str, Any]], rows: np.ndarray
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        for row in map(int, rows):
            arrays = {name: getattr(store, name)[row] for name in stores.MATRICES}
            example: dict[str, Any] = {k: np.asarray(v) for k, v in arrays.items()}
            line = json.dumps(lines[row]) if lines else ""
            yield row, {**example, "row": row, "line": line}
            self.on_rows(1)


def _store_of(folder: Path, scratch: Path) -> Path:
    """The folder, if it is a store; else a store made from its files."""
    if stores.is_store(folder):
        return folder
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES]
    found = find_arrays(paths)
    dataset = importing.named(importing.align(importing.recognize(found)), found)
    split = importing.split_by_name(dataset, importing.default_split(dataset))
    source = importing.source_of(dataset, found)
    importing.write_store(split, scratch / "store", source=source)
    return scratch / "store"


def _require_widths(store: Store, config: Any) -> None:
    for name, array, width in (
        ("image", store.image, config.image_dim),
        ("text", store.text, config.text_dim),
        ("labels", store.labels, config.classes),
    ):
        columns = array.shape[1]
        fits = width in (None, columns)
        require(fits, name, f"{columns} columns", f"{width} as {config.name} has")


def about(store: Store) -> dict[str, Any]:
    """The metadata of a store, as JSON."""
    kept = ("title", "split", "source", "classes", "words", "sums")
    return {name: getattr(store, name) for name in kept}


def _blocks(store: Store, rows: np.ndarray) -> list[np.ndarray]:
    """The rows of each file of a split."""
    arrays = (store.image, store.text, store.labels)
    width = sum(array.shape[1] * array.itemsize for array in arrays)
    step = max(1, SHARD_BYTES // width)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


_DESCRIPTION = """\
A dataset for cross-modal hashing: image features, features of the texts that belong to
them, and multi-hot labels. In the usual protocols training rows are a part of the
database, and so are here twice, with the same `row`.
"""

_CITATION = """\
@misc{scbch2025,
  author = {Likang Peng and Chao Su and Wenyuan Wu and Yuan Sun and Dezhong Peng and
            Xi Peng and Xu Wang},
  title = {Semantic-Consistent Bidirectional Contrastive Hashing for Noisy Multi-Label
           Cross-Modal Retrieval},
  year = {2025},
  eprint = {2511.07780},
  archivePrefix = {arXiv}
}
"""
