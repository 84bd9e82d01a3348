"""What `scbch search` searches with: words, a picture, an item or codes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scbch_jax.cli import console
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.cli.search import Search
    from scbch_jax.index.opening import Opened


class Query(NamedTuple):
    """What is searched with."""

    by: str
    """Its modality."""
    codes: Any
    relaxed: Any
    """None if they are not known."""
    unknown_words: list[str] = []


def read(options: "Search", opened: "Opened") -> Query:
    """What is searched with."""
    if options.encodes:
        return _encoded(options, opened)
    by = options.by or "image"
    read = _of_item if options.queries is None else _of_file
    return Query(by, *read(options, opened, by))


def _encoded(options: "Search", opened: "Opened") -> Query:
    """The code that an encoder makes of words or a picture."""
    from scbch_jax import encoder
    from scbch_jax.index.checks import require_encoder

    folder = options.encoder or options.index
    found = encoder.open_encoder(Path(folder), weights=options.weights)
    require_encoder(opened.path, opened.manifest, found.id)
    if options.text is None:
        assert options.picture is not None
        code = found.pictures([found.read_picture(options.picture)])
        return Query("image", code.codes, code.relaxed)
    code = found.texts([options.text])
    for word in code.unknown_words[0]:
        console.log(f"text: the encoder does not know {word}")
    return Query("text", code.codes, code.relaxed, code.unknown_words[0])


def _of_item(options: "Search", opened: "Opened", by: str) -> tuple[Any, Any]:
    """The code of an item of the index."""
    from scbch_jax.index import Index

    item = options.item
    if item is None:
        item = opened.find_name(str(options.name))
    relaxed = None
    if isinstance(opened, Index) and opened.manifest.relaxed:
        relaxed = opened.relaxed(item, by)
    return opened.code(item, by), relaxed


def _of_file(options: "Search", opened: "Opened", by: str) -> tuple[Any, Any]:
    """The codes in a file."""
    from scbch_jax.cli.index.rows import read_rows
    from scbch_jax.index.checks import require_encoder

    assert options.queries is not None
    rows, encoder, _ = read_rows(options.queries)
    require_encoder(opened.path, opened.manifest, encoder)
    require(rows.size > 0, "queries", f"{options.queries} without rows", "at least one")
    one = not options.after or rows.size == 1 or options.row is not None
    wanted = "one query: --row says which"
    require(one, "after", f"a page of {rows.size} queries", wanted)
    got = " and ".join(rows.codes)
    require(by in rows.codes, "by", f"{by}, the file has {got}", got)
    codes, relaxed = rows.codes[by], (rows.relaxed or {}).get(by)
    if options.row is None:
        return codes, relaxed
    row, wanted = options.row, f"a row of {options.queries}, below {rows.size}"
    require(row < rows.size, "row", row, wanted)
    only = slice(row, row + 1)
    return codes[only], None if relaxed is None else relaxed[only]
