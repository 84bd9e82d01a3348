"""An index in a PostgreSQL database: its tables, and exact and approximate searches.

Distances are pgvector's `<~>` where the database has it, otherwise the number of bits
of an XOR, which PostgreSQL counts from version 14 on.
"""

from typing import Any

import numpy as np
from jaxtyping import UInt8

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.index import database, packed_labels
from scbch_jax.index.address import Address
from scbch_jax.index.database import TABLES, Bits, Session
from scbch_jax.index.engine import Cursor, Hits
from scbch_jax.index.manifest import Manifest, as_manifest
from scbch_jax.index.packed_labels import Where
from scbch_jax.index.postgres_engine import PostgresEngine


class PostgresIndex:
    """An index in a database, opened for searches.

    Unlike the folder of an index it is not a snapshot: each search sees what was
    committed before it. It has one connection, which threads take in turns, and must be
    opened again where another index has replaced this one.
    """

    def __init__(self, address: str, *, approximate: bool = False) -> None:
        """Connects, and reads what the index is.

        Args:
            address: postgresql://user@host/database#schema; see `Address`.
            approximate: searches use pgvector's graph (HNSW), which `copy` has built.

        Raises:
            InputError: if psycopg is not installed, the server cannot be reached or is
                too old, the schema holds no index, or it lacks the graph.
        """
        self.path = Address.parse(address)
        self.exact = not approximate
        self._session = Session(self.path)
        self.manifest = read_facts(self._session)
        self.bits = self.manifest.bits
        if approximate:
            database.require_graphs(self._session.pgvector)
            wanted = "one with graphs: index copy --hnsw makes them"
            require(self.has_graphs, "index", f"{self.path} without graphs", wanted)

    @property
    def size(self) -> int:
        """Number of items."""
        return self._session.one("SELECT count(*) FROM {items}")[0]

    @property
    def disk_space(self) -> int:
        """Bytes of its rows, and of what finds them by id, name and graph."""
        size = "pg_total_relation_size(to_regclass(format('%%I.items', %s::text)))"
        return self._session.one(f"SELECT {size}", self.path.schema)[0]

    @property
    def has_graphs(self) -> bool:
        """Whether pgvector has a graph of every modality."""
        query = (
            "SELECT count(*) FROM pg_indexes WHERE schemaname = %s "
            "AND tablename = 'items' AND indexdef LIKE '%%bit_hamming_ops%%'"
        )
        found = self._session.one(query, self.path.schema)[0]
        return found >= len(self.manifest.modalities)

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        find: str,
        k: int = 10,
        within: int | None = None,
        where: Where | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds the k nearest items of each query; see `Index.search`."""
        shard = self.engine_of(find, where)
        return shard.search(queries, k=k, within=within, after=after)

    def engine_of(self, find: str, where: Where | None = None) -> PostgresEngine:
        """The engine of a modality, of the items that pass a filter."""
        have = self.manifest.modalities
        require(find in have, "find", find, f"one of {', '.join(have)}")
        masks = {} if where is None else packed_labels.masks(where, self.manifest)
        classes = len(self.manifest.classes)
        return PostgresEngine(
            self._session,
            find,
            bits=self.bits,
            masks={n: Bits(mask.tobytes(), classes) for n, mask in masks.items()},
            approximate=not self.exact,
        )

    def record(self, item: int) -> io.Record:
        """What is known of an item; see `Index.record`."""
        query = "SELECT record, labels FROM {items} WHERE id = %s"
        found = self._session.one(query, item)
        if found is None:
            raise InputError(f"id: got {item}, wanted the id of an item of {self.path}")
        record, labels = found
        if labels is None:
            return record or {}
        classes = packed_labels.names_of(labels.packed, self.manifest.classes)
        return {**(record or {}), "labels": classes}

    def code(self, item: int, modality: str) -> UInt8[np.ndarray, "1 bytes"]:
        """The packed code of an item; see `Index.code`."""
        have = self.manifest.modalities
        require(modality in have, "modality", modality, f"one of {', '.join(have)}")
        query = "SELECT {code} FROM {items} WHERE id = %s"
        found = self._session.one(query, item, code=modality)
        if found is None:
            raise InputError(f"id: got {item}, wanted the id of an item of {self.path}")
        return np.frombuffer(found[0].packed, np.uint8)[None]

    def find_name(self, name: str) -> int:
        """The id of the item of that name; see `Index.find_name`."""
        query = "SELECT id FROM {items} WHERE name = %s"
        found = self._session.one(query, name) if database.is_text(name) else None
        if found is None:
            raise InputError(f"name: got {name}, wanted a name that is in {self.path}")
        return found[0]


def read_facts(session: Session) -> Manifest:
    """What the index of a session is.

    Raises:
        InputError: if the schema holds no index.
    """
    address = session.address
    wanted = "the address of an index, as index copy writes"
    require("facts" in tables(session), "index", address, wanted)
    facts: Any = (session.one("SELECT facts FROM {facts}") or [None])[0]
    require(isinstance(facts, dict), "index", address, wanted)
    files = {"segments": [], "removed": None, "engine": None}
    return as_manifest({**facts, **files}, address)


def tables(session: Session) -> list[str]:
    """Which tables of an index are in the schema."""
    query = (
        "SELECT array_agg(relname::text) FROM pg_class WHERE relname = ANY(%s) "
        "AND relnamespace = to_regnamespace(quote_ident(%s))"
    )
    return session.one(query, list(TABLES), session.address.schema)[0] or []
