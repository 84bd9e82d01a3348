"""One record per published benchmark, and the one reader for all of them."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax.data.formats.files import read_array
from scbch_jax.errors import InputError, require
from scbch_jax.types import Split


class Source(NamedTuple):
    """Where one array lies: a file, and the keys whose rows follow each other."""

    file: str
    keys: tuple[str, ...]
    prefix: bool = False
    """True if the array may cover only the first rows of the benchmark."""


class Benchmark(NamedTuple):
    """Files, sizes and split of a published feature set."""

    title: str
    image: tuple[Source, ...]
    """Image features; the first file found is read."""
    text: Source
    labels: Source
    noise: str
    """Noise file with `True` and `result` for a rate, or empty if none circulates."""
    classes: int
    text_dim: int
    queries: int
    """The first rows; all later rows are the database."""
    train: int
    """Rows after the queries that are also the training set."""
    obtain: str
    """Where the files can be had."""


BENCHMARKS = {
    "mirflickr": Benchmark(
        title="MIRFlickr-25K",
        image=(
            Source("mirflickr25k-iall-vgg.mat", ("XAll",)),
            Source("mirflickr25k-image-mobilenetv2.npz", ("features",), prefix=True),
            Source("mirflickr25k-image-mobilenetv1.npz", ("features",), prefix=True),
        ),
        text=Source("mirflickr25k-yall.mat", ("YAll",)),
        labels=Source("mirflickr25k-lall.mat", ("LAll",)),
        noise="noise/mirflickr25k-lall-noise_{rate}.h5",
        classes=24,
        text_dim=1386,
        queries=2000,
        train=10000,
        obtain="data/README.md of the UCCH code (github.com/penghu-cs/UCCH)",
    ),
    "nuswide": Benchmark(
        title="NUS-WIDE, 21 concepts",
        image=(Source("nus-wide-tc21-xall-vgg-clean.mat", ("XAll",)),),
        text=Source("nus-wide-tc21-yall-clean.mat", ("YAll",)),
        labels=Source("nus-wide-tc21-lall-clean.mat", ("LAll",)),
        noise="noise/nus-wide-tc21-lall-noise_{rate}.h5",
        classes=21,
        text_dim=1000,
        queries=2100,
        train=10500,
        obtain="data/README.md of the UCCH code (github.com/penghu-cs/UCCH)",
    ),
    "coco": Benchmark(
        title="MS-COCO",
        image=(
            Source(
                "MSCOCO_deep_doc2vec_data.h5py", ("train_imgs_deep", "test_imgs_deep")
            ),
        ),
        text=Source("MSCOCO_deep_doc2vec_data.h5py", ("train_text", "test_text")),
        labels=Source(
            "MSCOCO_deep_doc2vec_data.h5py", ("train_imgs_labels", "test_imgs_labels")
        ),
        noise="noise/MSCOCO-lall-noise_{rate}.h5",
        classes=80,
        text_dim=300,
        queries=5000,
        train=10000,
        obtain="data/README.md of the UCCH code (github.com/penghu-cs/UCCH)",
    ),
    "iapr": Benchmark(
        title="IAPR TC-12",
        image=(Source("iapr-tc12-rand.mat", ("VDatabase", "VTest")),),
        text=Source("iapr-tc12-rand.mat", ("YDatabase", "YTest")),
        labels=Source("iapr-tc12-rand.mat", ("databaseL", "testL")),
        noise="noise/IAPR-lall-noise_{rate}.h5",
        classes=255,
        text_dim=2912,
        queries=2000,
        train=10000,
        obtain="data/README.md of the UCCH code (github.com/penghu-cs/UCCH)",
    ),
}


def find_sources(
    benchmark: Benchmark, root: Path, image: str = ""
) -> dict[str, Source]:
    """Says which file each array of a benchmark would be read from.

    Args:
        benchmark: the record.
        root: folder of the files.
        image: file of image features to read in place of the known ones.

    Raises:
        InputError: if a file is missing: what was looked for, where, how to get it.
    """
    known = {source.file: source for source in benchmark.image}
    if image:
        choices = (known.get(image, Source(image, ("features",), prefix=True)),)
    else:
        choices = benchmark.image
    found = [source for source in choices if (root / source.file).is_file()]
    missing = [
        s.file
        for s in (benchmark.text, benchmark.labels)
        if not (root / s.file).is_file()
    ]
    if not found:
        missing.insert(0, " or ".join(source.file for source in choices))
    if missing:
        raise InputError(
            f"data.root: got {root}, which lacks {'; '.join(dict.fromkeys(missing))}; "
            f"wanted the files of {benchmark.title}: {benchmark.obtain}"
        )
    return {"image": found[0], "text": benchmark.text, "labels": benchmark.labels}


def read_benchmark(benchmark: Benchmark, root: Path, image: str = "") -> Split:
    """Reads all rows of a benchmark, aligned; cut to the rows that have image features.

    Raises:
        InputError: for missing or unreadable files, and rows that do not align.
    """
    sources = find_sources(benchmark, root, image)
    arrays = {name: _read_source(root, source) for name, source in sources.items()}
    rows = {name: len(array) for name, array in arrays.items()}
    covered = rows["image"] if sources["image"].prefix else rows["labels"]
    aligned = rows["text"] == rows["labels"] and covered == rows["image"]
    require(
        aligned and covered <= rows["labels"],
        "rows",
        ", ".join(f"{n} of {name}" for name, n in rows.items()),
        "as many of each: rows that align",
    )
    for name, wanted in (("text", benchmark.text_dim), ("labels", benchmark.classes)):
        came = arrays[name].shape
        require(
            len(came) == 2 and came[1] == wanted,
            f"{sources[name].file}, {'+'.join(sources[name].keys)}",
            f"shape {came}",
            f"{wanted} columns as {benchmark.title} has",
        )
    return Split(**{name: array[:covered] for name, array in arrays.items()})


def _read_source(root: Path, source: Source) -> np.ndarray:
    path = root / source.file
    parts = [read_array(path, key) for key in source.keys]
    for key, part in zip(source.keys, parts, strict=True):
        require(
            part.ndim == 2, f"{source.file}, {key}", f"shape {part.shape}", "a matrix"
        )
    if source.prefix and path.suffix == ".npz":
        _require_prefix(path, len(parts[0]))
    widths = {part.shape[1:] for part in parts}
    require(len(widths) == 1, str(path), f"parts of widths {widths}", "one width")
    return np.concatenate(parts)


def _require_prefix(path: Path, rows: int) -> None:
    """A file that covers some rows must say that they are the first ones."""
    covered = read_array(path, "row")
    require(
        np.array_equal(covered, np.arange(rows)),
        f"row in {path}",
        "rows out of order or with gaps",
        f"0 to {rows - 1}",
    )
