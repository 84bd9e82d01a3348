"""`scbch data import`: files in any known layout become one store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from scbch_jax.cli.data.inspect import ArrayOptions, read_dataset, read_files
from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.errors import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from scbch_jax.data.formats import ArrayInfo
    from scbch_jax.data.importing import AlignedDataset, SplitDataset


@dataclass(frozen=True, kw_only=True)
class ImportData(ArrayOptions):
    """Import a dataset from files in any known layout into a store."""

    out: Path
    """Folder of the new store."""
    split: Literal["auto", "file", "scbch", "ucch", "random"] = "auto"
    """file: as in the files; scbch: queries first, then the database, whose first rows
    are the training set; ucch: queries last, all other rows are database and training
    set; random: drawn by the seed; auto: file if the files have a split, else scbch."""
    queries: Annotated[int, at_least(0)] = 0
    """Size of the query set; 0 for the published size."""
    train: Annotated[int, at_least(0)] = 0
    """Size of the training set; 0 for the published size."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of a random split."""
    query_rows: str = ""
    """Array of the query set's row numbers, from 0, or a boolean mask of all rows, as
    KEY or FILE:KEY; replaces a split by name."""
    train_rows: str = ""
    """The same for the training set; by default the database. Without query rows, all
    other rows are queries."""
    database_rows: str = ""
    """The same for the database; by default all rows but the queries."""
    title: str = ""
    """Title of the store; by default that of the published dataset, or the name of the
    folder."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        super().__post_init__()
        given = [self.query_rows, self.train_rows, self.database_rows]
        got = f"{self.split} together with arrays of row numbers"
        require(not any(given) or self.split == "auto", "split", got, "one of them")


def main(options: ImportData) -> None:
    """Recognizes, splits and writes; says what was done."""
    from scbch_jax.cli import console
    from scbch_jax.data import importing

    out = options.out
    require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    selectors = (options.query_rows, options.train_rows, options.database_rows)
    found = read_files(options, *selectors)
    split = _split(options, read_dataset(options, found), found)
    metadata = importing.row_metadata(found, split.dataset)
    title = importing.write_store(
        split, out, found=found, title=options.title, metadata=metadata
    )
    dataset = split.dataset
    console.output(f"{title}: {dataset.layout.title}")
    for key in dataset.transposed:
        console.output(f"{key} has samples in columns, and was transposed")
    if dataset.left_out:
        console.output(f"{dataset.left_out:,} rows without image features are left out")
    for name, column in metadata.items():
        console.output(f"{column.key} is kept as the {name} of each row")
    for name, rows in split.rows._asdict().items():
        console.output(f"  {name}: {len(rows):,} rows, {_range(rows)}")
    console.output(f"split: {split.split}")
    console.output(f"train on it with --data.name store --data.root {out}")


def _range(rows: np.ndarray) -> str:
    consecutive = bool((rows[1:] - rows[:-1] == 1).all())
    return f"{rows[0]} to {rows[-1]}" if consecutive else "not consecutive"


def _split(
    options: ImportData, dataset: AlignedDataset, found: Sequence[ArrayInfo]
) -> SplitDataset:
    from scbch_jax.data import importing

    parts = ("query", "train", "database")
    selectors = {part: getattr(options, f"{part}_rows") for part in parts}
    given = {
        part: importing.select(f"{part}-rows", selector, found).read()
        for part, selector in selectors.items()
        if selector
    }
    if given:
        return importing.split_by_rows(dataset, given)
    auto = options.split == "auto"
    name = importing.default_split(dataset) if auto else options.split
    sizes = {"queries": options.queries, "train": options.train}
    return importing.split_by_name(dataset, name, **sizes, seed=options.seed)
