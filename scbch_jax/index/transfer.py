"""Copies of an index: from a folder into a database, and back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.errors import require
from scbch_jax.index import database, folder, postgres
from scbch_jax.index.address import Address
from scbch_jax.index.database import Bits, Session
from scbch_jax.index.manifest import Manifest
from scbch_jax.index.reader import Index
from scbch_jax.index.segment import Rows

FACTS = ("format", "generation", "bits", "modalities", "classes", "encoder", "next_id")
"""What a database says of an index; the rest of a manifest is about files."""

_Run = Callable[..., Any]
"""Executes the form of a statement with values and parts; see `Session.statement`."""


def to_database(
    path: Path, address: str, *, replace: bool = False, graphs: bool = False
) -> int:
    """Copies the living rows of an index into a schema of a database.

    All happens in one transaction: whatever fails or is killed, the database stays as
    it was. An index that is replaced can be searched until the end. Ids stay.

    Args:
        path: the folder of the index.
        address: postgresql://host/database#schema; the schema is made.
        replace: whether an index that is in the schema is replaced; it is refused
            otherwise.
        graphs: whether pgvector's graphs (HNSW) are built, for approximate searches.

    Returns:
        Number of rows.

    Raises:
        InputError: if the folder is not an index, or the database refuses.
    """
    opened, session = Index(path), Session(Address.parse(address), writes=True)
    if graphs:
        database.require_graphs(session.pgvector)
    _require_place(session, replace=replace)
    with session.transaction() as cursor:

        def run(form: str, *values: Any, **parts: Any) -> Any:
            return cursor.execute(session.statement(form, **parts), values)

        _make_tables(run, opened.manifest, session)
        rows = _copy_rows(cursor, session, opened)
        if graphs:
            _build_graphs(run, opened.manifest, session)
        run("ANALYZE {new_items}")
        if replace:
            run("DROP TABLE IF EXISTS {items}, {facts}")
        run("ALTER TABLE {new_items} RENAME TO items")
        run("ALTER TABLE {new_facts} RENAME TO facts")
    return rows


def to_folder(address: str, path: Path) -> int:
    """Copies an index from a database into a new folder; ids stay.

    Returns:
        Number of rows.

    Raises:
        InputError: if the schema holds no index, or the folder exists.
    """
    session = Session(Address.parse(address))
    manifest = postgres.read_facts(session)
    modalities = manifest.modalities
    ids, codes, labels, records = (
        [],
        {m: bytearray() for m in modalities},
        bytearray(),
        [],
    )
    with session.transaction() as cursor:
        form = "SELECT id, labels, record, {codes} FROM {items} ORDER BY id"
        cursor.execute(session.statement(form, codes=modalities))
        for item, classes, record, *packed in cursor:
            ids.append(item)
            for modality, code in zip(modalities, packed, strict=True):
                codes[modality] += code.packed
            labels += b"" if classes is None else classes.packed
            records.append(record or {})
    require(bool(ids), "index", f"{session.address} without rows", "at least one")
    folder.build(
        path,
        _rows(manifest, len(ids), codes, labels, records),
        classes=manifest.classes,
        encoder=manifest.encoder,
        ids=np.array(ids),
        next_id=manifest.next_id,
    )
    return len(ids)


def drop(address: str) -> None:
    """Deletes an index from a database; its schema stays.

    Raises:
        InputError: if the schema holds no index.
    """
    session = Session(Address.parse(address), writes=True)
    postgres.read_facts(session)
    with session.transaction() as cursor:
        cursor.execute(session.statement("DROP TABLE {items}, {facts}"))


def _require_place(session: Session, *, replace: bool) -> None:
    """Raises `InputError` unless an index may be put there.

    No other tables are ever deleted.
    """
    if postgres.tables(session):
        wanted = "a schema without an index (--replace replaces it)"
        require(replace, "index", session.address, wanted)
        postgres.read_facts(session)


def _make_tables(run: _Run, manifest: Manifest, session: Session) -> None:
    # Who may write to a schema need not have the right to make one.
    schema = session.address.schema
    if not run("SELECT to_regnamespace(quote_ident(%s))", schema).fetchone()[0]:
        run("CREATE SCHEMA {schema}")
    codes = [
        session.statement("{name} bit({bits}) NOT NULL", name=m, bits=manifest.bits)
        for m in manifest.modalities
    ]
    form = "labels bit({count}) NOT NULL" if manifest.classes else "labels bit(1)"
    run(
        "CREATE TABLE {new_items} "
        "(id bigint PRIMARY KEY, name text UNIQUE, {codes}, {labels}, record json)",
        codes=codes,
        labels=session.statement(form, count=len(manifest.classes)),
    )
    run("CREATE TABLE {new_facts} (facts json NOT NULL)")
    facts = {name: getattr(manifest, name) for name in FACTS}
    run("INSERT INTO {new_facts} VALUES (%s)", database.json_value(facts))


def _copy_rows(cursor: Any, session: Session, opened: Index) -> int:
    manifest, count = opened.manifest, 0
    columns = ["id", "name", *manifest.modalities, "labels", "record"]
    form = "COPY {new_items} ({columns}) FROM STDIN (FORMAT BINARY)"
    kinds = ["int8", "text", *["bit"] * len(manifest.modalities), "bit", "json"]
    with cursor.copy(session.statement(form, columns=columns)) as copy:
        copy.set_types(kinds)
        for item, codes, packed, record in opened.living_rows():
            name = record.get("name")
            ok = name is None or database.is_text(name)
            require(ok, "name", repr(name), "text that PostgreSQL can hold")
            bits = [Bits(code.tobytes(), manifest.bits) for code in codes]
            labels = packed
            if packed is not None:
                labels = Bits(packed.tobytes(), len(manifest.classes))
            said = database.json_value(record) if record else None
            copy.write_row((item, name, *bits, labels, said))
            count += 1
    return count


def _build_graphs(run: _Run, manifest: Manifest, session: Session) -> None:
    form = "CREATE INDEX ON {new_items} USING hnsw ({code} {vector}.bit_hamming_ops)"
    assert session.pgvector is not None
    for modality in manifest.modalities:
        run(form, code=modality, vector=session.pgvector.schema)


def _rows(
    manifest: Manifest, count: int, codes: Any, labels: Any, records: list[Any]
) -> Rows:
    """The columns of a table as rows of an index."""
    arrays = {
        modality: np.frombuffer(bytes(packed), np.uint8).reshape(count, -1)
        for modality, packed in codes.items()
    }
    multi_hot = None
    if manifest.classes:
        packed = np.frombuffer(bytes(labels), np.uint8).reshape(count, -1)
        columns = len(manifest.classes)
        multi_hot = np.unpackbits(packed, axis=1, count=columns) > 0
    return Rows(arrays, multi_hot, records if any(records) else None)
