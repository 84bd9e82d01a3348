"""The registry of published datasets: one record each, used by the whole package."""

from pathlib import Path
from typing import NamedTuple

from scbch_jax.errors import InputError


class Benchmark(NamedTuple):
    """Sizes, files and split of a published dataset of features."""

    name: str
    """In `data.name`, and the configuration of the tensorflow-datasets builder."""
    title: str
    samples: tuple[int, ...]
    """Rows of each version that circulates."""
    text_dim: int
    classes: int
    queries: int
    """The first rows; all later rows are the database."""
    train: int
    """Rows after the queries that are also the training set."""
    image_files: tuple[str, ...] = ()
    """Files of image features; the first one found is read."""
    text_file: str = ""
    label_file: str = ""
    noise_file: str = ""
    """File of noisy labels, with `{rate}` in its name; empty if none circulates."""
    obtain: str = "data/README.md of the UCCH code (github.com/penghu-cs/UCCH)"
    """Where the files can be had."""
    paper_title: str = ""
    """Its name in the tables of the SCBCH paper (arXiv 2511.07780)."""
    paper_table: int = 0
    """The paper's table with its results; 0 if it has none."""


BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        Benchmark(
            name="mirflickr",
            title="MIRFlickr-25K",
            samples=(20015, 24581),
            text_dim=1386,
            classes=24,
            queries=2000,
            train=10000,
            image_files=(
                "mirflickr25k-iall-vgg.mat",
                "mirflickr25k-image-mobilenetv2.npz",
                "mirflickr25k-image-mobilenetv1.npz",
            ),
            text_file="mirflickr25k-yall.mat",
            label_file="mirflickr25k-lall.mat",
            noise_file="noise/mirflickr25k-lall-noise_{rate}.h5",
            paper_title="MIRFlickr-25K",
            paper_table=2,
        ),
        Benchmark(
            name="nuswide",
            title="NUS-WIDE, 21 concepts",
            samples=(190421, 195834),
            text_dim=1000,
            classes=21,
            queries=2100,
            train=10500,
            image_files=("nus-wide-tc21-xall-vgg-clean.mat",),
            text_file="nus-wide-tc21-yall-clean.mat",
            label_file="nus-wide-tc21-lall-clean.mat",
            noise_file="noise/nus-wide-tc21-lall-noise_{rate}.h5",
            paper_title="NUS-WIDE",
            paper_table=1,
        ),
        Benchmark(
            name="coco",
            title="MS-COCO",
            samples=(122218,),
            text_dim=300,
            classes=80,
            queries=5000,
            train=10000,
            image_files=("MSCOCO_deep_doc2vec_data.h5py",),
            text_file="MSCOCO_deep_doc2vec_data.h5py",
            label_file="MSCOCO_deep_doc2vec_data.h5py",
            noise_file="noise/MSCOCO-lall-noise_{rate}.h5",
            paper_title="MS-COCO",
            paper_table=1,
        ),
        Benchmark(
            name="iapr",
            title="IAPR TC-12",
            samples=(20000,),
            text_dim=2912,
            classes=255,
            queries=2000,
            train=10000,
            image_files=("iapr-tc12-rand.mat",),
            text_file="iapr-tc12-rand.mat",
            label_file="iapr-tc12-rand.mat",
            noise_file="noise/IAPR-lall-noise_{rate}.h5",
            paper_title="IAPR TC-12",
            paper_table=2,
        ),
        # Queries as the UCCH code splits it; as many training rows as the NRCH code
        # takes of the 21 concepts. Only `data import` and the builder know it.
        Benchmark(
            name="nuswide-10",
            title="NUS-WIDE, 10 concepts",
            samples=(186577, 181365),
            text_dim=1000,
            classes=10,
            queries=2100,
            train=10500,
        ),
    )
}
"""Every published dataset by its name."""


def benchmark_with(
    *, text_dim: int, classes: int, samples: int = 0
) -> Benchmark | None:
    """The published dataset with texts and labels of these widths, if there is one.

    Other texts, or none, are possible where the rows are as many as published.
    """
    for benchmark in BENCHMARKS.values():
        same = benchmark.text_dim == text_dim or samples in benchmark.samples
        if same and benchmark.classes == classes:
            return benchmark
    return None


def find_files(benchmark: Benchmark, root: Path, image: str = "") -> dict[str, Path]:
    """The files of a benchmark in a folder.

    Args:
        benchmark: the record.
        root: folder of the files.
        image: file of image features to read in place of the known ones.

    Returns:
        The files of image, text and labels; one file may have all of them.

    Raises:
        InputError: if a file is missing: what was looked for, where, how to get it.
    """
    choices = (image,) if image else benchmark.image_files
    others = (benchmark.text_file, benchmark.label_file)
    found = [name for name in choices if (root / name).is_file()]
    missing = [name for name in others if not (root / name).is_file()]
    if not found:
        missing.insert(0, " or ".join(choices))
    if missing:
        raise InputError(
            f"data.root: got {root}, which lacks {'; '.join(dict.fromkeys(missing))}; "
            f"wanted the files of {benchmark.title}: {benchmark.obtain}"
        )
    names = zip(("image", "text", "labels"), (found[0], *others), strict=True)
    return {name: root / file for name, file in names}
