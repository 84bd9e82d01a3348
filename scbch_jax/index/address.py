"""The address of an index: a folder, or a schema of a PostgreSQL database."""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from scbch_jax.errors import require

SCHEMES = ("postgresql://", "postgres://")
DEFAULT_SCHEMA = "scbch"


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
            InputError: if the schema is no plain name.
        """
        uri, _, schema = text.partition("#")
        schema = schema or DEFAULT_SCHEMA
        ok = schema.isidentifier() and schema.isascii() and len(schema) < 64
        require(ok, "index", f"schema {schema}", "a name of letters, digits and _")
        return cls(uri, schema)

    def __str__(self) -> str:
        """The address without user and password."""
        place = self.uri.partition("://")[2].partition("?")[0].rpartition("@")[2]
        return f"postgresql://{place}#{self.schema}"

    def without_password(self, text: str) -> str:
        """A message in which the password is replaced by stars."""
        try:
            password = urlsplit(self.uri).password
        except ValueError:
            return text.replace(self.uri, str(self))
        for form in filter(None, (password, unquote(password or ""))):
            text = text.replace(form, "***")
        return text


def is_database(text: object) -> bool:
    """Whether an address names a database, and not a folder.

    >>> is_database("postgresql://localhost/photos"), is_database("my-index")
    (True, False)
    """
    return str(text).startswith(SCHEMES)
