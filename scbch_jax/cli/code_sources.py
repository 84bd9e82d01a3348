"""What evaluate and compare score: a trained run, or files of codes."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax

from scbch_jax import datasets, retrieval, runs
from scbch_jax.errors import require
from scbch_jax.io import Record
from scbch_jax.runs import driver


class Source(NamedTuple):
    """Codes of one seed of a run, or of a set of files."""

    name: Record
    """How result lines name it: its seed, or its file."""
    searches: dict[str, tuple[Any, Any]]
    """Packed query and database codes by direction."""
    labels: tuple[Any, Any]
    """Multi-hot, of queries and database."""

    @property
    def shape(self) -> Record:
        """How much there is to score."""
        codes = next(iter(self.searches.values()))[0]
        queries, items = map(len, self.labels)
        return {"queries": queries, "items": items, "bits": 8 * codes.shape[1]}


def counted(source: Source, codes: tuple[Any, Any]) -> Any:
    """Counts per radius of one direction.

    Raises:
        InputError: if no query has anything to find.
    """
    counts = retrieval.count(*codes, *source.labels)
    got = "no query that shares a label with an item"
    require(bool(counts.relevant.any()), "labels", got, "at least one")
    return counts


def read_sources(
    paths: Sequence[Path],
    *,
    keys: Sequence[str] = (),
    pairs: Sequence[str] = (),
    root: str = "",
) -> Iterator[Source]:
    """Every seed of a run, or the codes in files.

    Args:
        paths: one folder that train wrote, or files.
        keys: names of a file's arrays, as PART=NAME.
        pairs: modalities to search in files, as QUERY:DATABASE.
        root: data root of a run, where it has moved.

    Raises:
        InputError: if there is no such run or file, or it cannot be used.
    """
    require(bool(paths), "source", "nothing", "the folder of a run, or files of codes")
    for path in paths:
        require(path.exists(), "source", path, "a file or a folder that exists")
    if len(paths) == 1 and paths[0].is_dir():
        yield from _of_run(paths[0], root)
        return
    for word in keys:
        require("=" in word, "keys", word, "PART=NAME")
    named = dict(word.split("=", 1) for word in keys)
    found = retrieval.read_code_sets(paths, keys=named, pairs=pairs)
    labels = (found.query_labels, found.database_labels)
    yield Source({"file": " ".join(map(str, paths))}, found.searches, labels)


def _of_run(path: Path, root: str) -> Iterator[Source]:
    plan, recipe, _ = runs.open_to_read(path)
    if root:
        moved = dataclasses.replace(plan.data, root=root)
        plan = dataclasses.replace(plan, data=moved)
    dataset = datasets.load(plan.data).dataset
    # Weights do not depend on how many rows trained them.
    found, theirs = driver.recipe_of(plan, dataset.train).sizes, recipe.sizes
    ours = found._replace(samples=theirs.samples)
    require(
        ours == theirs, "data", f"sizes {tuple(ours)}", f"the run's {tuple(theirs)}"
    )
    parts = jax.device_put((dataset.query, dataset.database))
    with jax.default_matmul_precision(plan.training.precision):
        for seed in plan.seeds:
            params = runs.saved_params(path, seed=seed)[2]
            query, items = driver.encode(params, plan.hparams, parts, recipe=recipe)
            searches = {
                "i2t": (query.image, items.text),
                "t2i": (query.text, items.image),
            }
            yield Source({"seed": seed}, searches, (query.labels, items.labels))
