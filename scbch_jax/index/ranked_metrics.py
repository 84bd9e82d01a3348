"""Metrics of rankings by more than bits: a pool by score, the others by distance.

A group of items of equal score and distance takes the place that a distance has in the
tables of `retrieval`. The metrics are then those of any ranking with ties: expectations
over all orders within groups, which do not depend on the order of the database.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int, Num, UInt8

from scbch_jax.index.flat import FlatIndex
from scbch_jax.index.rank import (
    POOL,
    Pool,
    Rank,
    hash_codes,
    order,
    pools,
    quantize,
    scores,
)
from scbch_jax.retrieval import (
    DistanceCounts,
    GradedCounts,
    average_precision,
    graded_counts,
    ndcg,
)

BLOCK = 256
"""Queries whose tables are held at once."""


class RankedPool(NamedTuple):
    """The pool of one query in its new order, ties in groups."""

    groups: Int[np.ndarray, " pool"]
    """Number of each item's group, best score first: 0, 1, 1, 2 and so on."""
    grades: Float[np.ndarray, " pool"]
    """Number of labels that each item shares with the query."""
    last: int
    """Largest distance of the pool, which holds all items up to it."""


def ranked_metrics(
    codes: tuple[UInt8[Any, "queries bytes"], UInt8[Any, "items bytes"]],
    relaxed: tuple[Num[Any, "queries bits"], Num[Any, "items bits"] | None],
    labels: tuple[Num[Any, "queries classes"], Num[Any, "items classes"]],
    *,
    ranks: Sequence[Rank],
    pool: int = POOL,
    depth: int = 10,
) -> dict[str, Float[np.ndarray, " queries"]]:
    """MAP over the whole ranking and NDCG@k, of each query and rank, by name.

    Grades are numbers of shared labels. The NDCG of the ranking by bits is there for
    comparison.

    Args:
        codes: packed codes of the queries and of the database.
        relaxed: their relaxed codes; those of the database are quantized as in an
            index, and needed only for the rank both.
        labels: multi-hot, of both.
        ranks: as in `search_ranked`.
        pool: size of the pool.
        depth: cutoff k.

    Returns:
        Values in [0, 1]; NaN for a query without relevant items.
    """
    queries, items = map(np.asarray, codes)
    asked, known = (np.asarray(x, np.float32) for x in labels)
    graded = graded_counts(queries, items, asked, known, grade="shared")
    engine, relaxed_queries = FlatIndex(items), np.asarray(relaxed[0])
    vectors: dict[str, Callable[[Any], Any]] = {"query": lambda x: hash_codes(items[x])}
    if "both" in ranks:
        vectors["both"] = quantize(relaxed[1]).__getitem__

    def of_block(rows: slice) -> dict[str, Any]:
        nearest = list(pools(engine.search, queries[rows], size=pool))
        shared = [known[x.ids] @ y for x, y in zip(nearest, asked[rows], strict=True)]
        some = jax.tree.map(lambda table: table[rows], graded)
        values = {f"NDCG@{depth}, ranked by bits": ndcg(some, depth=depth)}
        for rank in ranks:
            ranked = [
                rank_pool(one, scores(query, vectors[rank](one.ids)), grades)
                for one, query, grades in zip(
                    nearest, relaxed_queries[rows], shared, strict=True
                )
            ]
            table = reranked_counts(some, ranked)
            values[f"MAP, pool ranked by {rank}"] = average_precision(table.counts)
            values[f"NDCG@{depth}, pool ranked by {rank}"] = ndcg(table, depth=depth)
        return values

    starts = range(0, len(queries), BLOCK)
    blocks = [of_block(slice(start, start + BLOCK)) for start in starts]
    # Of dicts, `jax.tree.map` would sort the names.
    return {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}


def rank_pool(
    pool: Pool, scores: Float[Any, " pool"], grades: Float[Any, " pool"]
) -> RankedPool:
    """Orders a pool by score, and groups items of equal score and distance.

    Args:
        pool: the candidates.
        scores: of each.
        grades: of each.

    Example:
        >>> pool = Pool(np.array([4, 7, 9]), np.array([1, 1, 2]))
        >>> ranked = rank_pool(pool, np.array([0.2, 0.2, 0.5]), np.array([0.0, 1, 3]))
        >>> ranked.groups.tolist(), ranked.grades.tolist(), ranked.last
        ([0, 1, 1], [3.0, 0.0, 1.0], 2)
    """
    every = order(scores, pool)
    ranks = np.stack([scores[every], pool.distances[every]])
    begins = (np.diff(ranks, axis=1) != 0).any(axis=0)
    groups = np.concatenate([[0], np.cumsum(begins)])
    return RankedPool(groups, grades[every], int(pool.distances[-1]))


def reranked_counts(graded: GradedCounts, ranked: Sequence[RankedPool]) -> GradedCounts:
    """Counts of rankings whose first items are in another order.

    Args:
        graded: counts of the ranking by distance, of as many queries.
        ranked: the pool of each query, not empty.

    Returns:
        Counts by group of the pool, then by distance, where those of the pool are 0.
    """
    width = max(len(pool.groups) for pool in ranked)

    def by_group(weights: Callable[[Any], Any]) -> Any:
        rows = [np.bincount(x.groups, weights(x.grades), width) for x in ranked]
        return np.stack(rows)

    last = np.array([pool.last for pool in ranked])[:, None]
    behind = np.arange(graded.gain.shape[1]) > last

    def join(first: Any, by_distance: Any) -> Any:
        return np.concatenate([first, by_distance * behind], axis=1)

    counts = graded.counts
    return graded._replace(
        counts=DistanceCounts(
            relevant=join(by_group(lambda grades: grades > 0), counts.relevant),
            total=join(by_group(np.ones_like), counts.total),
        ),
        grade_sum=join(by_group(lambda grades: grades), graded.grade_sum),
        gain=join(by_group(lambda grades: 2.0**grades - 1), graded.gain),
    )
