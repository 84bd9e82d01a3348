"""An index in a PostgreSQL database: its tables, and exact and approximate searches.

Distances are pgvector's `<~>` where the database has it, otherwise the number of bits
of an XOR, which PostgreSQL counts from version 14 on.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import UInt8

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.index import database, engine, packed_labels
from scbch_jax.index.address import Address
from scbch_jax.index.database import Bits
from scbch_jax.index.engine import MISSING_ID, Cursor, Hits
from scbch_jax.index.manifest import Manifest
from scbch_jax.index.packed_labels import Where

MOST_CANDIDATES = 1000
"""The most that pgvector's `hnsw.ef_search` can be."""


class PostgresIndex:
    """An index in a database, opened for searches.

    Unlike the folder of an index it is no snapshot: each search sees what was committed
    before it.
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
        self._connection = database.connect(self.path)
        # Closed with this object, as the maps of an index in a folder are.
        weakref.finalize(self, self._connection.close)
        with database.as_input_error(self.path):
            self.manifest = read_facts(self._connection, self.path)
            self._vector = database.pgvector_version(self._connection)
        if approximate:
            self._require_graph()
        self.bits = self.manifest.bits

    @property
    def size(self) -> int:
        """Number of items."""
        return self._one("SELECT count(*) FROM {items}")[0]

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

    def engine_of(self, find: str, where: Where | None = None) -> "PostgresEngine":
        """The engine of a modality, of the items that pass a filter."""
        have = self.manifest.modalities
        require(find in have, "find", find, f"one of {', '.join(have)}")
        masks = {} if where is None else packed_labels.masks(where, self.manifest)
        return PostgresEngine(self, find, masks)

    def record(self, item: int) -> io.Record:
        """What is known of an item; see `Index.record`."""
        query = "SELECT record, labels FROM {items} WHERE id = %s"
        found = self._one(query, item)
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
        found = self._one(query, item, code=modality)
        if found is None:
            raise InputError(f"id: got {item}, wanted the id of an item of {self.path}")
        return np.frombuffer(found[0].packed, np.uint8)[None]

    def find_name(self, name: str) -> int:
        """The id of the item of that name; see `Index.find_name`."""
        query = "SELECT id FROM {items} WHERE name = %s"
        found = None if "\0" in name else self._one(query, name)
        if found is None:
            raise InputError(f"name: got {name}, wanted a name that is in {self.path}")
        return found[0]

    def distance_to(self, code: str) -> Any:
        """The distance of a column of codes from a query, as a part of a statement."""
        vector, plain = "({code} <~> %(query)s)", "bit_count({code} # %(query)s)"
        form = vector if self._vector else plain
        return database.statement(form, self.path, code=code)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor whose statements see one state of the database."""
        with database.as_input_error(self.path), self._connection.transaction():
            yield self._connection.cursor(binary=True)

    def _one(self, form: str, *values: Any, **names: str) -> Any:
        with self.transaction() as cursor:
            statement = database.statement(form, self.path, **names)
            return cursor.execute(statement, values).fetchone()

    def _require_graph(self) -> None:
        database.require_graphs(self._vector)
        query = (
            "SELECT count(*) FROM pg_indexes WHERE schemaname = %s "
            "AND indexdef LIKE '%%bit_hamming_ops%%'"
        )
        found = self._one(query, self.path.schema)[0]
        wanted = "one with graphs: index copy --hnsw makes them"
        require(found > 0, "index", f"{self.path} without graphs", wanted)


class PostgresEngine:
    """An engine over one modality of an index in a database."""

    def __init__(
        self, owner: PostgresIndex, find: str, masks: packed_labels.Masks
    ) -> None:
        """Takes the index, image or text, and the masks of a filter."""
        self.bits, self.exact = owner.bits, owner.exact
        self._owner, self._find, self._masks = owner, find, masks

    @property
    def size(self) -> int:
        """Number of items that pass the filter."""
        passes = " AND ".join(["true", *self._conditions()])
        form = "SELECT count(*) FROM {items} WHERE " + passes
        query = database.statement(form, self._owner.path)
        with self._owner.transaction() as cursor:
            return cursor.execute(query, self._values()).fetchone()[0]

    def search(
        self,
        queries: UInt8[Any, "queries bytes"],
        *,
        k: int,
        within: int | None = None,
        after: Cursor | None = None,
    ) -> Hits:
        """Finds the k nearest items of each query, as `Engine.search` says.

        Raises:
            InputError: for what the database refuses, codes of another length, k below
                1, within below 0, or a page of an approximate search.
        """
        engine.check_queries(queries, bits=self.bits, k=k, within=within)
        paged = after is None or self.exact
        require(paged, "after", "a page of an approximate search", "an exact engine")
        k = min(k, 2**31 - 2)
        approximate = not self.exact and 4 * k <= MOST_CANDIDATES
        with self._owner.transaction() as cursor:
            if approximate:
                self._prepare_graph(cursor, k)
                take = _take_candidates
            else:
                take = _take_nearest
            answers = [
                take(cursor, *self._question(query, within, after), k)
                for query in queries
            ]
        return _hits(answers, bits=self.bits)

    def _prepare_graph(self, cursor: Any, k: int) -> None:
        # A filter is applied to what the graph gives: it must go on until k pass.
        cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
        cursor.execute(f"SET LOCAL hnsw.ef_search = {max(100, 4 * k):d}")
        cursor.execute("SET LOCAL enable_seqscan = off")

    def _question(
        self, query: Any, within: int | None, after: Cursor | None
    ) -> tuple["_Statement", dict[str, Any]]:
        """A query as what makes statements, and the values in them."""
        distance = self._owner.distance_to(self._find)
        conditions, values = self._conditions(), self._values()
        values["query"] = Bits(query.tobytes(), self.bits)
        if within is not None:
            conditions.append("{distance} <= %(within)s")
            values["within"] = min(within, self.bits)
        if after is not None:
            conditions.append("({distance}, id) > (%(last)s, %(item)s)")
            values |= {"last": after.distance, "item": after.id}
        passes = " AND ".join(["true", *conditions])

        def statement(form: str) -> Any:
            whole = form.replace("{passes}", passes)
            return database.statement(whole, self._owner.path, distance=distance)

        return statement, values

    def _conditions(self) -> list[str]:
        forms = {
            "any_of": "bit_count(labels & %(any_of)s) > 0",
            "all_of": "labels & %(all_of)s = %(all_of)s",
            "none_of": "bit_count(labels & %(none_of)s) = 0",
        }
        return [forms[name] for name in self._masks]

    def _values(self) -> dict[str, Any]:
        count = len(self._owner.manifest.classes)
        return {name: Bits(mask.tobytes(), count) for name, mask in self._masks.items()}


_Statement = Callable[[str], Any]
"""From a form with {items}, {distance} and {passes} to a statement."""


def _take_nearest(
    cursor: Any, statement: _Statement, values: dict[str, Any], k: int
) -> tuple[list[Any], int]:
    """Ids and distances of the k nearest, and how many more the last distance has."""
    # A graph finds most of the nearest only: PostgreSQL uses none for a sum.
    form = (
        "SELECT id, {distance} AS d FROM {items} WHERE {passes} "
        "ORDER BY {distance} + 0, id LIMIT %(count)s"
    )
    rows = cursor.execute(statement(form), {**values, "count": k + 1}).fetchall()
    if len(rows) <= k or rows[k][1] > rows[k - 1][1]:
        return rows[:k], 0
    form = (
        "SELECT count(*) FROM {items} "
        "WHERE {passes} AND {distance} = %(end)s AND id > %(end_id)s"
    )
    values |= {"end": rows[k - 1][1], "end_id": rows[k - 1][0]}
    return rows[:k], cursor.execute(statement(form), values).fetchone()[0]


def _take_candidates(
    cursor: Any, statement: _Statement, values: dict[str, Any], k: int
) -> tuple[list[Any], int]:
    """Ids and distances of near items by the graph; how many it left out is unknown."""
    # Up to version 16 a second key in ORDER BY keeps PostgreSQL from using the graph.
    form = (
        "WITH near AS MATERIALIZED (SELECT id, {distance} AS d FROM {items} "
        "WHERE {passes} ORDER BY {distance} LIMIT %(count)s) "
        "SELECT id, d FROM near ORDER BY d, id"
    )
    rows = cursor.execute(statement(form), {**values, "count": 4 * k}).fetchall()
    return rows[:k], -1


def read_facts(connection: Any, address: Address) -> Manifest:
    """What the index in a schema is.

    Raises:
        InputError: if the schema holds no index.
    """
    there = connection.execute(
        "SELECT to_regclass(format('%%I.facts', %s::text)) IS NOT NULL",
        [address.schema],
    ).fetchone()[0]
    wanted = "the address of an index, as index copy writes"
    require(there, "index", address, wanted)
    statement = database.statement("SELECT facts FROM {facts}", address)
    found = connection.execute(statement).fetchone()
    require(found is not None, "index", address, wanted)
    return Manifest(**found[0], segments=[], removed=None)


def _hits(answers: list[tuple[list[Any], int]], *, bits: int) -> Hits:
    """Rows of each query as arrays, filled to the longest."""
    width = max((len(rows) for rows, _ in answers), default=0)
    ids = np.full((len(answers), width), MISSING_ID, np.int64)
    distances = np.full((len(answers), width), bits + 1, np.int64)
    for i, (rows, _) in enumerate(answers):
        if rows:
            ids[i, : len(rows)], distances[i, : len(rows)] = zip(*rows, strict=True)
    return Hits(ids, distances, np.array([cut for _, cut in answers], np.int64))
