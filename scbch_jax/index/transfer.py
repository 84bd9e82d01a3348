"""Copies of an index: from a folder into a database, and back."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax.errors import InputError, require
from scbch_jax.index import database, folder, postgres
from scbch_jax.index.address import Address
from scbch_jax.index.database import Bits
from scbch_jax.index.manifest import Manifest
from scbch_jax.index.reader import Index
from scbch_jax.index.segment import Rows

FACTS = ("format", "generation", "bits", "modalities", "classes", "encoder", "next_id")
"""What a database says of an index; the rest of a manifest is about files."""


def to_database(
    path: Path, address: str, *, replace: bool = False, graphs: bool = False
) -> int:
    """Copies the living rows of an index into a schema of a database.

    All happens in one transaction: whatever fails or is killed, the database stays as
    it was. Ids stay.

    Args:
        path: the folder of the index.
        address: postgresql://host/database#schema; the schema is made.
        replace: whether an index that is in the schema is replaced; it is refused
            otherwise.
        graphs: whether pgvector's graphs (HNSW) are built, for approximate searches.

    Returns:
        Number of rows.

    Raises:
        InputError: if the folder is no index, or the database refuses.
    """
    opened, target = Index(path), Address.parse(address)
    connection = database.connect(target)
    with database.as_input_error(target), connection, connection.transaction():
        if graphs:
            database.require_graphs(database.pgvector_version(connection))
        _make_tables(connection, target, opened.manifest, replace=replace)
        rows = _copy_rows(connection, target, opened)
        if graphs:
            for modality in opened.manifest.modalities:
                make = "CREATE INDEX ON {items} USING hnsw ({code} bit_hamming_ops)"
                connection.execute(database.statement(make, target, code=modality))
        connection.execute(database.statement("ANALYZE {items}", target))
    return rows


def to_folder(address: str, path: Path) -> int:
    """Copies an index from a database into a new folder; ids stay.

    Returns:
        Number of rows.

    Raises:
        InputError: if the schema holds no index, or the folder exists.
    """
    opened = postgres.PostgresIndex(address)
    manifest, columns = opened.manifest, opened.manifest.modalities
    fields = ["id", "name", *columns, "labels", "record"]
    ids, codes, labels, records = [], {m: bytearray() for m in columns}, bytearray(), []
    with opened.transaction() as cursor:
        found = ", ".join(fields)
        cursor.execute(
            database.statement(
                f"SELECT {found} FROM {{items}} ORDER BY id", opened.path
            )
        )
        for row in cursor:
            given = dict(zip(fields, row, strict=True))
            ids.append(given["id"])
            for modality in columns:
                codes[modality] += given[modality].packed
            labels += b"" if given["labels"] is None else given["labels"].packed
            records.append(given["record"] or {})
    require(bool(ids), "index", f"{opened.path} without rows", "at least one")
    folder.build(
        path,
        _rows(manifest, len(ids), codes, labels, records),
        classes=manifest.classes,
        encoder=manifest.encoder,
        ids=np.array(ids),
        next_id=manifest.next_id,
    )
    return len(ids)


def _make_tables(
    connection: Any, target: Address, manifest: Manifest, *, replace: bool
) -> None:
    execute = connection.execute
    execute(database.statement("CREATE SCHEMA IF NOT EXISTS {schema}", target))
    there = execute(
        "SELECT to_regclass(format('%%I.items', %s::text)) IS NOT NULL", [target.schema]
    ).fetchone()[0]
    wanted = "a schema without an index (--replace replaces it)"
    require(replace or not there, "index", target, wanted)
    if there:
        execute(database.statement("DROP TABLE {items}, {facts}", target))
    columns = [f"{m} bit({manifest.bits}) NOT NULL" for m in manifest.modalities]
    if manifest.classes:
        columns.append(f"labels bit({len(manifest.classes)}) NOT NULL")
    else:
        columns.append("labels bit(1)")
    made = ", ".join(["id bigint PRIMARY KEY", "name text UNIQUE", *columns])
    execute(database.statement(f"CREATE TABLE {{items}} ({made}, record json)", target))
    execute(database.statement("CREATE TABLE {facts} (facts json NOT NULL)", target))
    facts = json.dumps({name: getattr(manifest, name) for name in FACTS})
    execute(
        database.statement("INSERT INTO {facts} VALUES (%s::json)", target), [facts]
    )


def _copy_rows(connection: Any, target: Address, opened: Index) -> int:
    manifest, count = opened.manifest, 0
    names = ["id", "name", *manifest.modalities, "labels", "record"]
    statement = f"COPY {{items}} ({', '.join(names)}) FROM STDIN (FORMAT BINARY)"
    kinds = ["int8", "text", *["bit"] * len(manifest.modalities), "bit", "json"]
    with connection.cursor().copy(database.statement(statement, target)) as copy:
        copy.set_types(kinds)
        for item, codes, packed, record in opened.living_rows():
            name = record.get("name")
            if "\0" in str(name):
                raise InputError(f"name: got {name!r}, wanted one without NUL")
            bits = [Bits(code.tobytes(), manifest.bits) for code in codes]
            labels = (
                None
                if packed is None
                else Bits(packed.tobytes(), len(manifest.classes))
            )
            said = database.json_value(record) if record else None
            copy.write_row((item, name, *bits, labels, said))
            count += 1
    return count


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
