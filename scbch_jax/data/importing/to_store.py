"""From a set in any known form to a store, with where it came from."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scbch_jax.data import store
from scbch_jax.data.formats import npy_blocks
from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.data.importing.layouts import NAMES_OF_CLASSES, NAMES_OF_WORDS
from scbch_jax.data.importing.split import SplitRows
from scbch_jax.data.published import published
from scbch_jax.errors import require


def write(
    cut: SplitRows,
    folder: Path,
    *,
    found: Sequence[ArrayInfo],
    title: str = "",
    lines: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Writes a store, with what it was made from.

    Args:
        cut: the set and its parts.
        folder: a new folder.
        found: all arrays of the files: names of classes and words are among them, and
            the store keeps the files' names and checksums.
        title: of the store; by default that of the published set.
        lines: an object for each row, or none; see `row_words.lines`.

    Returns:
        The title.

    Raises:
        InputError: for values that a store cannot have, or a folder that exists.
    """
    require(not Path(folder).exists(), "out", f"{folder}, which exists", "a new folder")
    material = cut.material
    _, text_dim, classes = material.widths
    known = published(text_dim=text_dim, classes=classes)
    title = title or (known.title if known else "unpublished set")
    paths = dict.fromkeys(array.path for array in found)
    files = [{"name": p.name, "sha256": npy_blocks.checksum(p)} for p in paths]
    source: dict[str, Any] = {"form": material.form.title, "files": files}
    source["turned"] = list(material.turned)
    source["rows left out"] = material.left_out
    store.write(
        folder,
        image=material.blocks("image"),
        text=material.blocks("text"),
        labels=material.labels,
        rows=cut.rows,
        split=cut.split,
        title=title,
        source=source,
        classes=material.classes or names_among(found, NAMES_OF_CLASSES, classes),
        words=names_among(found, NAMES_OF_WORDS, text_dim),
        lines=lines,
    )
    return title


def names_among(
    found: Sequence[ArrayInfo], keys: Sequence[str], columns: int
) -> tuple[str, ...]:
    """The names of so many columns, if an array of that many strings is there."""
    for array in found:
        strings = array.kind.startswith("<U")
        if strings and array.name in keys and array.shape == (columns,):
            return tuple(map(str, array.open()))
    return ()
