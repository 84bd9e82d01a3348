"""PostgreSQL for an index: connections, statements, bits, errors in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from scbch_jax import extras
from scbch_jax.errors import InputError, require
from scbch_jax.index.address import Address

OLDEST = 14
"""The first version of PostgreSQL that counts bits."""

OLDEST_HNSW = (0, 8, 4)
"""The first pgvector whose graphs of bits survive a vacuum."""


class Bits:
    """A value of PostgreSQL's type bit."""

    def __init__(self, packed: bytes, count: int) -> None:
        """Takes packed bits, the first one highest, and how many of them count."""
        self.packed, self.count = packed, count


def connect(address: Address) -> Any:
    """A connection that knows `Bits`.

    Raises:
        InputError: if psycopg is not installed, or the server cannot be reached or is
            too old.
    """
    psycopg = _psycopg()
    with as_input_error(address):
        connection = psycopg.connect(address.uri, connect_timeout=10, autocommit=True)
    version = connection.info.server_version // 10_000
    wanted = f"version {OLDEST} or later"
    require(version >= OLDEST, "database", f"PostgreSQL {version}", wanted)
    dumper, loader = _bit_adapters()
    connection.adapters.register_dumper(Bits, dumper)
    connection.adapters.register_loader("bit", loader)
    return connection


def pgvector_version(connection: Any) -> tuple[int, ...]:
    """The version of pgvector in the database; empty if it is not there."""
    query = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    found = connection.execute(query).fetchone()
    return tuple(map(int, found[0].split("."))) if found else ()


def require_graphs(version: tuple[int, ...]) -> None:
    """Raises `InputError` unless that version of pgvector has sound graphs of bits."""
    got = ".".join(map(str, version)) or "none in the database"
    ok, wanted = version >= OLDEST_HNSW, "0.8.4 or later for approximate searches"
    require(ok, "pgvector", got, wanted)


def json_value(value: Any) -> Any:
    """A value for a column of type json."""
    return _psycopg().types.json.Json(value)


def statement(form: str, address: Address, **parts: Any) -> Any:
    """A statement whose tables are those of an index.

    Args:
        form: with {items}, {facts} and {schema}, and other parts in braces.
        address: of the index.
        **parts: names of columns as text, or parts of statements.
    """
    names = _psycopg().sql
    given = {
        key: names.Identifier(part) if isinstance(part, str) else part
        for key, part in parts.items()
    }
    return names.SQL(form).format(
        items=names.Identifier(address.schema, "items"),
        facts=names.Identifier(address.schema, "facts"),
        schema=names.Identifier(address.schema),
        **given,
    )


@contextmanager
def as_input_error(address: Address) -> Iterator[None]:
    """Turns an error of the database into one line, without the password."""
    psycopg = _psycopg()
    try:
        yield
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        said = address.without_password(lines[0])
        raise InputError(f"database {address}: {said}") from error


@lru_cache(maxsize=1)
def _bit_adapters() -> tuple[Any, Any]:
    """Classes that write and read values of type bit in binary form."""
    psycopg = _psycopg()
    adapt, binary = psycopg.adapt, psycopg.pq.Format.BINARY

    class BitDumper(adapt.Dumper):
        format = binary
        oid = psycopg.adapters.types["bit"].oid

        def dump(self, obj: Bits) -> bytes:
            return obj.count.to_bytes(4, "big") + obj.packed

    class BitLoader(adapt.Loader):
        format = binary

        def load(self, data: Any) -> Bits:
            content = bytes(data)
            return Bits(content[4:], int.from_bytes(content[:4], "big"))

    return BitDumper, BitLoader


def _psycopg() -> Any:
    return extras.import_optional("psycopg", "an index in PostgreSQL")
