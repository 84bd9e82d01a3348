"""Exact and approximate searches by statements of PostgreSQL and pgvector."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from scbch_jax.errors import require
from scbch_jax.index import engine
from scbch_jax.index.database import Bits, Session
from scbch_jax.index.engine import MISSING_ID, Cursor, Hits

MOST_CANDIDATES = 1000
"""The most that pgvector's `hnsw.ef_search` can be."""

TIES = 256
"""Rows fetched beyond k: only if all of them have the distance of the last hit, a
second pass counts the ties."""


class PostgresEngine:
    """An engine over one modality of an index in a database."""

    def __init__(
        self,
        session: Session,
        find: str,
        *,
        bits: int,
        masks: Mapping[str, Bits],
        approximate: bool,
    ) -> None:
        """Takes a session of the index.

        Args:
            session: whose schema is the index.
            find: image or text, the column of codes.
            bits: length of the codes.
            masks: bits of the classes of each condition, by its name in `Where`.
            approximate: whether pgvector's graph is used.
        """
        self.bits, self.exact = bits, not approximate
        self._session, self._find, self._masks = session, find, masks

    @property
    def size(self) -> int:
        """Number of items that pass the filter."""
        form = "SELECT count(*) FROM {items} WHERE {passes}"
        statement = self._statement(form, self._conditions())
        values = self._values(np.zeros(self.bits // 8, np.uint8))
        with self._session.transaction() as cursor:
            return cursor.execute(statement, values).fetchone()[0]

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
                1, a false within, or a page of an approximate search.
        """
        engine.check_queries(queries, bits=self.bits, k=k, within=within)
        paged = after is None or self.exact
        require(paged, "after", "a page of an approximate search", "an exact engine")
        k = min(k, 2**31 - 1 - TIES)
        limits = (within, after)
        with self._session.transaction() as cursor:
            if self.exact or 4 * k > MOST_CANDIDATES:
                answers = [self._nearest(cursor, q, k, *limits) for q in queries]
            else:
                answers = self._near(cursor, queries, k, within)
        return _hits(answers, bits=self.bits)

    def _near(
        self, cursor: Any, queries: Any, k: int, within: int | None
    ) -> list["_Answer"]:
        """Hits by the graph, or exact ones where it runs out of items that pass."""
        # A filter is applied to what the graph gives: it must go on until enough pass.
        cursor.execute(
            "SELECT set_config('hnsw.iterative_scan', 'strict_order', true), "
            "set_config('hnsw.ef_search', %s, true), "
            "set_config('enable_seqscan', 'off', true)",
            [str(max(100, 4 * k))],
        )
        found = [self._candidates(cursor, query, 4 * k) for query in queries]
        if any(len(rows) < 4 * k for rows in found):
            cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")
        limit = self.bits if within is None else within
        return [
            ([row for row in rows[:k] if row[1] <= limit], -1)
            if len(rows) == 4 * k
            else self._nearest(cursor, query, k, within)
            for query, rows in zip(queries, found, strict=True)
        ]

    def _candidates(self, cursor: Any, query: Any, count: int) -> list[Any]:
        """Ids and distances of near items, of which the graph may miss some."""
        # Up to version 16 PostgreSQL uses no graph for ORDER BY with a second key.
        form = (
            "WITH near AS MATERIALIZED (SELECT id, {distance} AS d FROM {items} "
            "WHERE {passes} ORDER BY {distance} LIMIT %(count)s) "
            "SELECT id, d FROM near ORDER BY d, id"
        )
        values = {**self._values(query), "count": count}
        statement = self._statement(form, self._conditions())
        return cursor.execute(statement, values).fetchall()

    def _nearest(
        self,
        cursor: Any,
        query: Any,
        k: int,
        within: int | None = None,
        after: Cursor | None = None,
    ) -> "_Answer":
        conditions, values = self._conditions(), self._values(query)
        if within is not None:
            conditions.append("{distance} <= %(within)s")
            values["within"] = min(within, self.bits)
        if after is not None:
            conditions.append("({distance}, id) > (%(last)s, %(item)s)")
            values |= {"last": after.distance, "item": after.id}
        # A graph finds most of the nearest only: PostgreSQL uses none for a sum.
        form = (
            "SELECT id, {distance} + 0 AS d FROM {items} WHERE {passes} "
            "ORDER BY d, id LIMIT %(count)s"
        )
        values["count"] = k + TIES
        rows = cursor.execute(self._statement(form, conditions), values).fetchall()
        hits, rest = rows[:k], rows[k:]
        cut = sum(row[1] == hits[-1][1] for row in rest)
        if cut < TIES:
            return hits, cut
        form = (
            "SELECT count(*) FROM {items} "
            "WHERE {passes} AND {distance} = %(end)s AND id > %(end_id)s"
        )
        values |= {"end_id": hits[-1][0], "end": hits[-1][1]}
        statement = self._statement(form, conditions)
        return hits, cursor.execute(statement, values).fetchone()[0]

    def _statement(self, form: str, conditions: list[str]) -> Any:
        whole = form.replace("{passes}", " AND ".join(["true", *conditions]))
        distance = self._session.distance(self._find)
        return self._session.statement(whole, distance=distance)

    def _conditions(self) -> list[str]:
        forms = {
            "any_of": "bit_count(labels & %(any_of)s) > 0",
            "all_of": "labels & %(all_of)s = %(all_of)s",
            "none_of": "bit_count(labels & %(none_of)s) = 0",
        }
        return [forms[name] for name in self._masks]

    def _values(self, query: Any) -> dict[str, Any]:
        """The values in a statement: the query, and the classes of a filter."""
        return {**self._masks, "query": Bits(query.tobytes(), self.bits)}


_Answer = tuple[list[Any], int]
"""Ids and distances of a query's hits, and how many more the last distance has."""


def _hits(answers: list[_Answer], *, bits: int) -> Hits:
    """Rows of each query as arrays, filled to the longest."""
    width = max((len(rows) for rows, _ in answers), default=0)
    ids = np.full((len(answers), width), MISSING_ID, np.int64)
    distances = np.full((len(answers), width), bits + 1, np.int64)
    for i, (rows, _) in enumerate(answers):
        if rows:
            ids[i, : len(rows)], distances[i, : len(rows)] = zip(*rows, strict=True)
    return Hits(ids, distances, np.array([cut for _, cut in answers], np.int64))
