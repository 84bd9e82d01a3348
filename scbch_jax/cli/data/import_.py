"""`scbch data import`: files in any known form become one clean store."""

from collections.abc import Sequence

import numpy as np

from scbch_jax.cli import console
from scbch_jax.cli.options.data_commands import ImportData, InspectData
from scbch_jax.data.formats.contents import ArrayInfo, find_arrays
from scbch_jax.data.importing import (
    align,
    layouts,
    row_metadata,
    selectors,
    split,
    to_store,
)
from scbch_jax.data.importing.align import AlignedDataset
from scbch_jax.data.importing.split import SplitRows


def main(options: ImportData) -> None:
    """Recognises, cuts and writes; says what was done."""
    found = arrays_of(options)
    material = material_of(options, found)
    cut = _cut(options, material, found)
    words = row_metadata.beside(found, cut.material)
    title = to_store.write(
        cut,
        options.out,
        found=found,
        title=options.title,
        lines=row_metadata.lines(words),
    )
    console.say(f"{title}: {material.form.title}")
    for key in material.turned:
        console.say(f"{key} has a sample a column, and was turned")
    if material.left_out:
        console.say(
            f"{material.left_out:,} rows that the images do not cover are left out"
        )
    for name, column in words.items():
        console.say(f"{column.key} is kept as the {name} of each row")
    for name, rows in cut.rows._asdict().items():
        console.say(f"  {name}: {len(rows):,} rows, {_places(rows)}")
    console.say(f"split: {cut.split}")
    console.say(f"train on it with --data.name store --data.root {options.out}")


def _places(rows: np.ndarray) -> str:
    follow = bool((np.diff(rows) == 1).all())
    return f"{rows[0]} to {rows[-1]}" if follow else "here and there"


def arrays_of(options: ImportData | InspectData) -> list[ArrayInfo]:
    """All arrays of the files that are listed, and of those that FILE:KEY names."""
    words = ("image", "text", "labels", "query_rows", "train_rows", "database_rows")
    named = selectors.files_named([getattr(options, word, "") for word in words])
    return find_arrays(list(dict.fromkeys([*options.files, *named])))


def material_of(
    options: ImportData | InspectData, found: Sequence[ArrayInfo]
) -> AlignedDataset:
    """The set that arrays make, by their form or as the options name them.

    Raises:
        InputError: for a form that is not known, or arrays that do not align.
    """
    if not options.image:
        return align.match(layouts.recognise(found))
    named = {m: getattr(options, m) for m in layouts.MODALITIES}
    picked = {m: selectors.pick(m, word, found) for m, word in named.items()}
    return align.match(layouts.by_keys(**picked))


def _cut(
    options: ImportData, material: AlignedDataset, found: Sequence[ArrayInfo]
) -> SplitRows:
    words = {part: getattr(options, f"{part}_rows") for part in ("query", "train")}
    words["database"] = options.database_rows
    given = {
        part: np.asarray(selectors.pick(f"{part}-rows", word, found).open()[:])
        for part, word in words.items()
        if word
    }
    if given:
        return split.cut_by_rows(material, given)
    name = split.usual_split(material) if options.split == "auto" else options.split
    sizes = {"queries": options.queries, "train": options.train}
    return split.cut_by_name(material, name, **sizes, seed=options.seed)
