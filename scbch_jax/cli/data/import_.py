"""`scbch data import`: files in any known layout become one store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scbch_jax.cli.data import splitting
from scbch_jax.cli.data.inspect import ArrayOptions, read_dataset, read_files
from scbch_jax.config.constraints import check_fields
from scbch_jax.errors import require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scbch_jax.data.formats import ArrayInfo
    from scbch_jax.data.importing import AlignedDataset, SplitDataset


@dataclass(frozen=True, kw_only=True)
class ImportData(splitting.SplitOptions, ArrayOptions):
    """Import a dataset from files in any known layout into a store."""

    out: Path
    """Folder of the new store."""
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
    dataset = importing.named(read_dataset(options, found), found)
    split = _split(options, dataset, found)
    dataset = split.dataset
    metadata = importing.row_metadata(found, dataset)
    title = importing.write_store(
        split,
        out,
        source=importing.source_of(dataset, found),
        title=options.title,
        lines=importing.lines_of(metadata),
    )
    console.output(f"{title}: {dataset.layout.title}")
    for key in dataset.transposed:
        console.output(f"{key} has samples in columns, and was transposed")
    if dataset.left_out:
        console.output(f"{dataset.left_out:,} rows without image features are left out")
    for name, column in metadata.items():
        console.output(f"{column.key} is kept as the {name} of each row")
    for name, rows in split.rows._asdict().items():
        console.output(f"  {name}: {len(rows):,} rows, {splitting.span(rows)}")
    console.output(f"split: {split.split}")
    for line in splitting.next_steps(out, dataset.widths):
        console.output(line)


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
    return splitting.split_by_name(options, dataset)
