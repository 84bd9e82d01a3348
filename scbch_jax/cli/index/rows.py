"""The rows that `index build` and `index add` read: a file of codes, and of records."""

from pathlib import Path
from typing import TYPE_CHECKING

from scbch_jax import io
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.index import Rows


def read_rows(codes: Path, records: Path | None) -> tuple["Rows", str]:
    """Reads packed codes, labels, names and the encoder's id, and a record of each row.

    Args:
        codes: an npz file as encode writes it: image, text, labels, names, encoder.
        records: JSON lines, an object a row, such as its name, text and picture.

    Raises:
        InputError: if a file cannot be read or lacks codes, or the numbers of rows
            differ.
    """
    from scbch_jax.data import formats
    from scbch_jax.index import Rows

    names = formats.array_names(codes)
    found = [m for m in ("image", "text") if m in names]
    got = f"{codes} with {', '.join(names) or 'no named arrays'}"
    require(bool(found), "codes", got, "packed codes named image or text, or both")
    packed = {m: formats.read_array(codes, m) for m in found}
    labels = formats.read_array(codes, "labels") if "labels" in names else None
    known = None if records is None else list(io.iterate_jsonl(records, "rows"))
    if "names" in names:
        given = [str(name) for name in formats.read_array(codes, "names")]
        known = [{}] * len(given) if known is None else known
        got = f"{len(known)} records and {len(given)} names"
        require(len(known) == len(given), "rows", got, "as many")
        pairs = zip(given, known, strict=True)
        known = [{"name": name, **record} for name, record in pairs]
    encoder = formats.read_array(codes, "encoder") if "encoder" in names else [""]
    return Rows(packed, labels, known), str(encoder[0])
