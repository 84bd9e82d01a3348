"""From files in any known layout to an aligned dataset, its split, and a store."""

from scbch_jax.data.importing.alignment import AlignedDataset, Segment, align
from scbch_jax.data.importing.layouts import files_named, recognize, select
from scbch_jax.data.importing.split_dataset import (
    SplitDataset,
    default_split,
    split_by_name,
    split_by_rows,
)
from scbch_jax.data.importing.to_store import (
    lines_of,
    makers_of,
    named,
    row_metadata,
    source_of,
    write_store,
)

__all__ = [
    "AlignedDataset",
    "Segment",
    "SplitDataset",
    "align",
    "default_split",
    "files_named",
    "lines_of",
    "makers_of",
    "named",
    "recognize",
    "row_metadata",
    "select",
    "source_of",
    "split_by_name",
    "split_by_rows",
    "write_store",
]
