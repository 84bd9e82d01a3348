"""`scbch index add`: new rows for an index."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index import raw
from scbch_jax.cli.index.encoded import EncodedOptions, encoded_parts
from scbch_jax.cli.index.raw import RawOptions
from scbch_jax.cli.index.rows import read_rows
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.index.manifest import Manifest


@dataclass(frozen=True)
class IndexAdd(RawOptions, EncodedOptions):
    """Add rows to an index: pictures and texts that it encodes, or codes."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    source: tyro.conf.Positional[Path]
    """Folder of pictures or a list, if the index has an encoder. Or packed codes, as
    for index build, of the same encoder. With --run: features."""
    replace: bool = False
    """Remove the rows whose names are given again; otherwise such names are refused."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        EncodedOptions.__post_init__(self)


def main(options: IndexAdd) -> None:
    """Adds the rows in one change: all of them or none."""
    from scbch_jax import index

    before = index.Index(options.index).size
    count, changed, note = _add(options)
    first, last = changed.next_id - count, changed.next_id - 1
    text = (
        f"{options.index}: {console.counted(count, 'row')} added, ids {first} to {last}"
    )
    replaced = before + count - index.Index(options.index).size
    if options.replace:
        note = f", {console.counted(replaced, 'row')} of the same names removed{note}"
    console.output(text + note)


def _add(options: IndexAdd) -> tuple[int, "Manifest", str]:
    """The number of rows, the index with them, and what is to be said of them."""
    from scbch_jax import index

    replace = options.replace
    if options.run:
        with encoded_parts(options, options.source) as (source, how):
            source = source._replace(pictures=options.root)
            changed = index.add_parts(options.index, source, replace=replace, **how)
        return source.rows, changed, ""
    if raw.is_raw(options.source):
        return _add_pictures(options)
    rows, encoder, classes = read_rows(options.source, options.rows)
    _check_columns(classes, index.Index(options.index).manifest.classes)
    named = any("name" in record for record in rows.records or ())
    got, wanted = f"{options.source} without names", "names of the rows to replace"
    require(named or not replace, "replace", got, wanted)
    changed = index.add(
        options.index,
        rows,
        encoder=encoder,
        replace=replace,
        pictures=options.root,
    )
    left_out = rows.relaxed is not None and not changed.relaxed
    note = ", without relaxed codes as the index" if left_out else ""
    return rows.size, changed, note


def _check_columns(classes: list[str], known: list[str]) -> None:
    """Checks that no class stands in another column of the labels than in the index."""
    columns = {name: column for column, name in enumerate(known)}
    for column, name in enumerate(classes):
        wanted = f"{columns.get(name)}, as in the index"
        ok = columns.get(name, column) == column
        require(ok, "classes", f"{name} in column {column}", wanted)


def _add_pictures(options: IndexAdd) -> tuple[int, "Manifest", str]:
    """Adds raw pictures and texts, which the encoder of the index encodes."""
    from scbch_jax import encoder, index

    raw.check_unused(options)
    found = encoder.open_encoder(options.index, weights=options.weights)
    opened = index.Index(options.index)
    of_index, manifest = opened.manifest, raw.read_raw(options, options.source)
    # Before pictures are read, which may take hours.
    for record in () if options.replace else raw.records_of(manifest.samples):
        name, wanted = record.get("name", ""), "names that are not in the index"
        taken = opened.has_name(name)
        require(not taken, "names", name, f"{wanted} (--replace replaces their rows)")
    rows, _ = raw.encode_raw(
        options,
        manifest,
        found,
        options.index.with_name(f"{options.index.name}.partial"),
        modalities=of_index.modalities,
        classes=of_index.classes,
        relaxed=of_index.relaxed,
    )
    changed = index.add(
        options.index,
        rows,
        encoder=found.id,
        replace=options.replace,
        pictures=manifest.folder,
    )
    return rows.size, changed, ""
