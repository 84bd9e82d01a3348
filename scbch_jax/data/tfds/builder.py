"""These feature sets for tensorflow-datasets, which needs no TensorFlow for them.

Once this module is imported, TFDS knows the builder by name:

    tfds.data_source("cross_modal_features/mirflickr", data_dir="sets", split="train")

What it is made from lies in the folder that TFDS calls manual, by default
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

from scbch_jax.data import store as stores
from scbch_jax.data.formats import contents, files
from scbch_jax.data.importing import align, layouts, split, to_store
from scbch_jax.data.published import PUBLISHED
from scbch_jax.data.store import Store
from scbch_jax.errors import require

NAME = "cross_modal_features"
"""What TFDS calls these sets; each of them is a config."""

SHARD_BYTES = 128 << 20
"""About how much of a split one file holds."""

CONFIGS = ("mirflickr", "nuswide", "coco", "iapr", "nuswide-10")
"""Names of the published sets, in the order of `published.PUBLISHED`."""


@dataclasses.dataclass(eq=False)
class Config(tfds.core.BuilderConfig):
    """A set: its name, and its widths where they are known beforehand."""

    image_dim: int | None = None
    text_dim: int | None = None
    classes: int | None = None


def _published_configs() -> list[Config]:
    """The published sets; which network their image features are from differs."""
    return [
        Config(
            name=name,
            description=known.title,
            text_dim=known.text_dim,
            classes=known.classes,
        )
        for name, known in zip(CONFIGS, PUBLISHED, strict=True)
    ]


class CrossModalFeatures(tfds.core.ShardBasedBuilder):
    """Image features, text features and labels, cut into query, train and database.

    Split by split and row by row as the store has them: TFDS's generator by examples
    would shuffle, or keep a whole split in memory so as not to.
    """

    VERSION = tfds.core.Version("1.0.0")
    # TFDS looks beside the code for checksums of downloads, by a package it does not
    # bring along; nothing is downloaded here.
    code_path = None  # type: ignore[assignment]
    BUILDER_CONFIGS = _published_configs()
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "A store that `scbch data import` wrote, or the files of one set in any form "
        "that it knows, and no others."
    )

    def __init__(self, *, file_format: Any = None, **options: Any) -> None:
        """As TFDS has it, but for the files' format: its default needs TensorFlow."""
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
        store, lines = stores.read(folder), list(stores.read_lines(folder))
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
    """The folder, if it is a store; else one that is made of its files."""
    if (folder / "store.json").is_file():
        return folder
    paths = [path for path in sorted(folder.iterdir()) if path.suffix in files.SUFFIXES]
    found = contents.find_arrays(paths)
    material = align.match(layouts.recognise(found))
    cut = split.cut_by_name(material, split.usual_split(material))
    to_store.write(cut, scratch / "store", found=found)
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
    """What a store knows beside its numbers, as JSON; a set keeps it."""
    kept = ("title", "split", "source", "classes", "words", "sums")
    return {name: getattr(store, name) for name in kept}


def _blocks(store: Store, rows: np.ndarray) -> list[np.ndarray]:
    """The rows of each file of a split."""
    arrays = (store.image, store.text, store.labels)
    width = sum(array.shape[1] * array.itemsize for array in arrays)
    step = max(1, SHARD_BYTES // width)
    return [rows[start : start + step] for start in range(0, len(rows), step)]


_DESCRIPTION = """\
A set for cross-modal hashing: features of pictures, features of the texts that belong
to them, and labels as 0 and 1. Queries are searched for in the database; in the usual
protocols training rows are a part of it, and so are here twice, with the same `row`.
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
