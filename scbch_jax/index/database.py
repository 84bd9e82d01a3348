"""PostgreSQL for an index: connections, statements, bits, errors in one line."""

import re
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any, NamedTuple

from scbch_jax import extras
from scbch_jax.errors import InputError, require
from scbch_jax.index.address import Address

OLDEST = 14
"""The first version of PostgreSQL that counts bits."""

OLDEST_HNSW = (0, 8, 4)
"""The first pgvector whose graphs of bits survive a vacuum."""

TABLES = ("items", "facts")
"""Rows, and what a manifest says of an index in a folder."""


class Bits:
    """A value of PostgreSQL's type bit."""

    def __init__(self, packed: bytes, count: int) -> None:
        """Takes packed bits, the first one highest, and how many of them count."""
        self.packed, self.count = packed, count


class Pgvector(NamedTuple):
    """The extension pgvector in a database."""

    schema: str
    """That holds its operators."""
    version: tuple[int, ...]


class Session:
    """A connection for the statements of one index, which threads take in turns.

    It is closed with this object. A connection that was lost is opened again at the
    next transaction.
    """

    def __init__(self, address: Address, *, writes: bool = False) -> None:
        """Connects.

        Args:
            address: of the index.
            writes: whether transactions may change anything; those that may not see
                one state of the database from their first statement to the last.

        Raises:
            InputError: if psycopg is not installed, or the server cannot be reached or
                is too old.
        """
        self.address, self._writes, self._lock = address, writes, Lock()
        self._connection = self._connected()
        version = self._connection.info.server_version // 10_000
        wanted = f"version {OLDEST} or later"
        require(version >= OLDEST, "database", f"PostgreSQL {version}", wanted)
        with as_input_error(address):
            self.pgvector = _pgvector(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor whose statements all happen, or none."""
        with self._lock, as_input_error(self.address):
            if self._connection.closed:
                self._connection = self._connected()
            with self._connection.transaction():
                yield self._connection.cursor(binary=True)

    def _connected(self) -> Any:
        connection = _connect(self.address)
        weakref.finalize(self, connection.close)
        if not self._writes:
            levels = _psycopg().IsolationLevel
            connection.isolation_level = levels.REPEATABLE_READ
            connection.read_only = True
        return connection

    def one(self, form: str, *values: Any, **parts: Any) -> Any:
        """The first row that a statement gives, in a transaction; None without any."""
        with self.transaction() as cursor:
            return cursor.execute(self.statement(form, **parts), values).fetchone()

    def statement(self, form: str, **parts: Any) -> Any:
        """A statement on the tables of the index.

        Args:
            form: with {items}, {facts} and {schema}, {new_items} and {new_facts} for
                tables that will take their place, and other parts in braces.
            **parts: names as text, several of them as lists, numbers, or parts of
                statements.
        """
        names, schema = _psycopg().sql, self.address.schema
        tables = [*TABLES, *(f"new_{name}" for name in TABLES)]
        known = {name: names.Identifier(schema, name) for name in tables}
        given = {name: _composed(part) for name, part in parts.items()}
        known["schema"] = names.Identifier(schema)
        return names.SQL(form).format(**known, **given)

    def distance(self, code: str) -> Any:
        """The distance of a column of codes from a query, as a part of a statement."""
        if self.pgvector is None:
            return self.statement("bit_count({code} # %(query)s)", code=code)
        form, schema = "({code} OPERATOR({vector}.<~>) %(query)s)", self.pgvector.schema
        return self.statement(form, code=code, vector=schema)


def require_graphs(pgvector: Pgvector | None) -> None:
    """Raises `InputError` unless that pgvector has sound graphs of bits."""
    version = pgvector.version if pgvector else ()
    got = ".".join(map(str, version)) or "none in the database"
    ok, wanted = version >= OLDEST_HNSW, "0.8.4 or later for approximate searches"
    require(ok, "pgvector", got, wanted)


def is_text(value: str) -> bool:
    """Whether PostgreSQL can hold a text: no NUL, no half of a pair of UTF-16.

    >>> is_text("one"), is_text(chr(0)), is_text(chr(0xD800))
    (True, False, False)
    """
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)


def json_value(value: Any) -> Any:
    """A value for a column of type json."""
    return _psycopg().types.json.Json(value)


@contextmanager
def as_input_error(address: Address) -> Iterator[None]:
    """Turns an error of the database into one line."""
    psycopg = _psycopg()
    try:
        yield
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        said = error.diag.message_primary or lines[0]
        raise InputError(f"database {address}: {said}") from error


def _connect(address: Address) -> Any:
    """A connection that knows `Bits`."""
    psycopg = _psycopg()
    try:
        options = psycopg.conninfo.conninfo_to_dict(address.uri)
    except psycopg.Error:
        # Its message may quote a part of a password.
        wanted = "postgresql://user:password@host/database#schema"
        got = f"{address}, which PostgreSQL cannot read"
        raise InputError(f"index: got {got}, wanted {wanted}") from None
    # Names are text only where the encoding is known, which SQL_ASCII is not.
    options = {"connect_timeout": 10, **options, "client_encoding": "utf8"}
    with as_input_error(address):
        connection = psycopg.connect(**options, autocommit=True)
    dumper, loader = _bit_adapters()
    connection.adapters.register_dumper(Bits, dumper)
    connection.adapters.register_loader("bit", loader)
    return connection


def _pgvector(connection: Any) -> Pgvector | None:
    """The pgvector of the database, if it has one that compares bits."""
    query = (
        "SELECT nspname, extversion FROM pg_extension, pg_operator "
        "JOIN pg_namespace ON pg_namespace.oid = oprnamespace WHERE "
        "extname = 'vector' AND oprname = '<~>' AND oprleft = 'bit'::regtype"
    )
    found = connection.execute(query).fetchone()
    if found is None:
        return None
    return Pgvector(found[0], tuple(map(int, re.findall(r"\d+", found[1]))))


def _composed(part: Any) -> Any:
    names = _psycopg().sql
    if isinstance(part, str):
        return names.Identifier(part)
    if isinstance(part, list):
        return names.SQL(", ").join(map(_composed, part))
    return names.Literal(part) if isinstance(part, int) else part


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
