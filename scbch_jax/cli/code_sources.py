"""The codes that evaluate and compare take: those of a trained run, or of files."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax

from scbch_jax import datasets, retrieval, runs, sharding, training
from scbch_jax.cli import console
from scbch_jax.config.experiment import footnotes
from scbch_jax.errors import require
from scbch_jax.io import Record
from scbch_jax.retrieval import CodeSets
from scbch_jax.runs import tasks


def read_codes(
    paths: Sequence[Path],
    *,
    keys: Sequence[str] = (),
    pairs: Sequence[str] = (),
    root: str = "",
    field: str = "source",
    relaxed: bool = False,
) -> Iterator[tuple[Record, CodeSets]]:
    """Reads the codes in files, or computes those of every seed of a run.

    Args:
        paths: the folder of one run, or files.
        keys: names of a file's arrays, as PART=NAME.
        pairs: modalities to search in files, as QUERY:DATABASE.
        root: data root of a run whose data were moved.
        field: what messages call the paths.
        relaxed: whether relaxed codes are wanted too.

    Yields:
        What names them in results (a seed, or files), and the codes.

    Raises:
        InputError: if there is no such run or file, or an option does not apply to it.
    """
    require(bool(paths), field, "nothing", "the folder of a run, or files of codes")
    for path in paths:
        require(path.exists(), field, path, "a file or a folder that exists")
    if len(paths) == 1 and paths[0].is_dir():
        for name, words in (("keys", keys), ("pairs", pairs)):
            got = f"{' '.join(words)} with the folder of a run"
            require(not words, name, got, "none: this option is for files")
        yield from _codes_of_run(paths[0], root, relaxed)
        return
    got = f"{root} with files of codes"
    require(not root, "root", got, "none: this option is for the folder of a run")
    sets = _codes_of_files(paths, keys, pairs, relaxed)
    yield {"file": " ".join(map(str, paths))}, sets


def print_footnotes(paths: Sequence[Path], *, json: bool) -> None:
    """Prints what has to stand beside the numbers of the runs among these paths.

    Args:
        paths: folders of runs, and files.
        json: whether standard output is for JSON lines only.
    """
    folders = (path for path in paths if path.is_dir())
    for note in footnotes(runs.open_to_read(path)[0].method for path in folders):
        (console.log if json else console.output)(note)


def distance_counts(codes: tuple[Any, Any], sets: CodeSets) -> Any:
    """Counts per Hamming distance of one direction.

    Raises:
        InputError: if no query has a relevant item.
    """
    counts = retrieval.count(*codes, sets.query_labels, sets.database_labels)
    got = "no query that shares a label with an item"
    require(bool(counts.relevant.any()), "labels", got, "at least one")
    return counts


def _codes_of_files(
    paths: Sequence[Path], keys: Sequence[str], pairs: Sequence[str], relaxed: bool
) -> CodeSets:
    for word in keys:
        require("=" in word, "keys", word, "PART=NAME")
    names = dict(word.split("=", 1) for word in keys)
    return retrieval.read_code_sets(paths, keys=names, pairs=pairs, relaxed=relaxed)


def _codes_of_run(
    path: Path, root: str, relaxed: bool
) -> Iterator[tuple[Record, CodeSets]]:
    experiment, recipe, _ = runs.open_to_read(path)
    if root:
        moved = dataclasses.replace(experiment.data, root=root)
        experiment = dataclasses.replace(experiment, data=moved)
    dataset = datasets.load(experiment.data).dataset
    sizes = tasks.recipe_of(experiment, dataset.train).sizes
    # Weights do not depend on the number of rows that trained them.
    sizes = sizes._replace(samples=recipe.sizes.samples)
    wanted = f"the run's {tuple(recipe.sizes)}"
    require(sizes == recipe.sizes, "data", f"sizes {tuple(sizes)}", wanted)
    streamed = experiment.training.features == "stream"
    splits = (dataset.query, dataset.database)
    splits = splits if streamed else jax.device_put(splits)
    with jax.default_matmul_precision(experiment.training.precision):
        for seed in experiment.seeds:
            params = runs.saved_params(path, seed=seed)[2]
            query, items = (
                training.codes_of(
                    params, experiment.hparams, s, recipe=recipe, streamed=streamed
                )
                for s in splits
            )
            searches = {
                "i2t": (query.image, items.text),
                "t2i": (query.text, items.image),
            }
            sets = CodeSets(searches, query.labels, items.labels)
            if relaxed:
                codes_of = (
                    training.streamed_relaxed_codes
                    if streamed
                    else training.relaxed_split_codes
                )
                (image, text), (images, texts) = (
                    sharding.to_host(
                        codes_of(params, experiment.hparams, s, recipe=recipe)
                    )
                    for s in splits
                )
                both = {"i2t": (image, texts), "t2i": (text, images)}
                sets = sets._replace(relaxed=both)
            yield {"seed": seed}, sets
