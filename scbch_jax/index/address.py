"""The address of an index: a folder, or a schema of a PostgreSQL database."""

import re
from typing import NamedTuple

from scbch_jax.errors import require

DEFAULT_SCHEMA = "scbch"
_SCHEME = re.compile(r"postgres(ql)?:", re.IGNORECASE)
_HOST = r"(\[[^][@/?#]*\]|[^][:,@/?#]*)(:\d*)?"
_URI = re.compile(rf"postgres(ql)?://([^@/?#]*@)?{_HOST}(,{_HOST})*([/?][^@#]*)?")
"""What it matches has one place for a password, so that none is taken for a host."""


class Address(NamedTuple):
    """An index in a database.

    >>> address = Address.parse("postgresql://ann:secret@host/photos#holidays")
    >>> address.schema, str(address)
    ('holidays', 'postgresql://host/photos#holidays')
    """

    uri: str
    """What psycopg connects to; it may hold a password."""
    schema: str
    """The schema whose tables are the index."""

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Parses postgresql://user:password@host:port/database#schema.

        All parts but the scheme may be left out, as for PostgreSQL's own programs; the
        schema is then scbch.

        Raises:
            InputError: if it has another form, which the message does not repeat, as it
                may hold a password.
        """
        uri, _, schema = text.partition("#")
        ok = _URI.fullmatch(uri) is not None and uri.isprintable()
        wanted = "postgresql://user:password@host/database#schema"
        escaped = "with a / ? # @ in user and password as %2F %3F %23 %40"
        require(ok, "index", "an address of another form", f"{wanted}, {escaped}")
        schema = schema or DEFAULT_SCHEMA
        ok = schema.isidentifier() and schema.isascii() and len(schema) < 64
        wanted = "a name of letters, digits and _ (a # in a password is %23)"
        require(ok, "index", "an address with another word behind #", wanted)
        return cls(uri, schema)

    def __str__(self) -> str:
        """The address without user and password."""
        place = self.uri.partition("://")[2].partition("?")[0].rpartition("@")[2]
        return f"postgresql://{place}#{self.schema}"


def is_database(text: object) -> bool:
    """Whether an address names a database, and not a folder.

    >>> is_database("postgresql://localhost/photos"), is_database("my-index")
    (True, False)
    """
    return _SCHEME.match(str(text)) is not None


def require_folder(path: object) -> None:
    """Raises `InputError` for a database, to a command that works on folders."""
    wanted = "a folder; index copy --replace puts a changed one into a database"
    require(not is_database(path), "index", "a database", wanted)
