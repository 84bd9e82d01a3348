"""`scbch data import`: files in any known form become one clean store."""

from collections.abc import Sequence

import numpy as np

from scbch_jax.commands import show
from scbch_jax.data import cuts, forms, importing, matching, naming, row_words
from scbch_jax.data.contents import Found, find_arrays
from scbch_jax.data.cuts import Cut
from scbch_jax.data.matching import Material
from scbch_jax.settings.data_commands import ImportData, InspectData


def main(options: ImportData) -> None:
    """Recognises, cuts and writes; says what was done."""
    found = arrays_of(options)
    material = material_of(options, found)
    cut = _cut(options, material, found)
    words = row_words.beside(found, cut.material)
    title = importing.write(
        cut,
        options.out,
        found=found,
        title=options.title,
        lines=row_words.lines(words),
    )
    show.say(f"{title}: {material.form.title}")
    for key in material.turned:
        show.say(f"{key} has a sample a column, and was turned")
    if material.left_out:
        show.say(
            f"{material.left_out:,} rows that the images do not cover are left out"
        )
    for name, column in words.items():
        show.say(f"{column.key} is kept as the {name} of each row")
    for name, rows in cut.rows._asdict().items():
        show.say(f"  {name}: {len(rows):,} rows, {_places(rows)}")
    show.say(f"split: {cut.split}")
    show.say(f"train on it with --data.name store --data.root {options.out}")


def _places(rows: np.ndarray) -> str:
    follow = bool((np.diff(rows) == 1).all())
    return f"{rows[0]} to {rows[-1]}" if follow else "here and there"


def arrays_of(options: ImportData | InspectData) -> list[Found]:
    """All arrays of the files that are listed, and of those that FILE:KEY names."""
    words = ("image", "text", "labels", "query_rows", "train_rows", "database_rows")
    named = naming.files_named([getattr(options, word, "") for word in words])
    return find_arrays(list(dict.fromkeys([*options.files, *named])))


def material_of(options: ImportData | InspectData, found: Sequence[Found]) -> Material:
    """The set that arrays make, by their form or as the options name them.

    Raises:
        InputError: for a form that is not known, or arrays that do not align.
    """
    if not options.image:
        return matching.match(forms.recognise(found))
    named = {m: getattr(options, m) for m in forms.MODALITIES}
    picked = {m: naming.pick(m, word, found) for m, word in named.items()}
    return matching.match(forms.by_keys(**picked))


def _cut(options: ImportData, material: Material, found: Sequence[Found]) -> Cut:
    words = {part: getattr(options, f"{part}_rows") for part in ("query", "train")}
    words["database"] = options.database_rows
    given = {
        part: np.asarray(naming.pick(f"{part}-rows", word, found).open()[:])
        for part, word in words.items()
        if word
    }
    if given:
        return cuts.cut_by_rows(material, given)
    name = cuts.usual_split(material) if options.split == "auto" else options.split
    sizes = {"queries": options.queries, "train": options.train}
    return cuts.cut_by_name(material, name, **sizes, seed=options.seed)
