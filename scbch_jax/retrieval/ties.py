"""Sums of precisions over rankings with ties, in closed form.

Items at equal distance from a query form a group: its position in the ranking is known,
the order within it is not. Sums are averages over all orders within groups (expected),
or those of the best or the worst order.

References:
    McSherry and Najork, Computing Information Retrieval Performance Measures
    Efficiently in the Presence of Tied Scores, ECIR 2008.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from scbch_jax.retrieval.hamming import DistanceCounts

PerGroup = Float[np.ndarray, "queries distances"]


class Groups(NamedTuple):
    """Numbers of items by query and distance, as float64."""

    n: PerGroup
    """Items of the group."""
    r: PerGroup
    """Relevant items of the group."""
    t: PerGroup
    """Items of nearer groups."""
    p: PerGroup
    """Relevant items of nearer groups."""
    harmonic: Float[np.ndarray, " ranks"]
    """H_0, H_1, ...: harmonic numbers, up to the number of items."""


def groups_of(counts: DistanceCounts) -> Groups:
    """Turns counts into groups: adds cumulative counts and harmonic numbers."""
    r = np.asarray(counts.relevant, np.float64)
    n = np.asarray(counts.total, np.float64)
    ranks = np.arange(1, int(n.sum(axis=1).max(initial=0)) + 1)
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / ranks)])
    return Groups(n, r, np.cumsum(n, axis=1) - n, np.cumsum(r, axis=1) - r, harmonic)


def items_within(groups: Groups, depth: Any) -> PerGroup:
    """Number of items of each group among the first `depth` ranks."""
    return np.clip(depth - groups.t, 0, groups.n)


def expected_sum(groups: Groups, seen: PerGroup) -> PerGroup:
    """Expected sum of the precisions at relevant items among a group's first `seen`.

        Σ_{i=1..seen} (r/n) (p + 1 + (i-1) a) / (t + i),  a = (r-1)/(n-1)

    Position i of the group is relevant with probability r/n; each of the i - 1 items
    before it is then relevant with probability a.
    """
    n, r, t, p, _ = groups
    a = (r - 1) / np.maximum(n - 1, 1)
    inner = (p + 1 - (t + 1) * a) * harmonic_sum(groups, t, t + seen) + a * seen
    return r / np.maximum(n, 1) * inner


def best_sum(groups: Groups, seen: PerGroup) -> PerGroup:
    """As `expected_sum`, with the relevant items first in their group."""
    hits = np.minimum(groups.r, seen)
    return hits + (groups.p - groups.t) * harmonic_sum(
        groups, groups.t, groups.t + hits
    )


def worst_sum(groups: Groups, seen: PerGroup) -> PerGroup:
    """As `expected_sum`, with the relevant items last in their group."""
    n, r, t, p, _ = groups
    start = t + n - r
    hits = np.clip(seen - (n - r), 0, r)
    return hits + (p - start) * harmonic_sum(groups, start, start + hits)


def expected_sum_of_hits(groups: Groups, hits: PerGroup) -> PerGroup:
    """Expected sum of the precisions at a group's first `hits` relevant items.

    If `hits` is less than the relevant items of the group, there is no short closed
    form: the distribution of the number of relevant items so far is updated position by
    position. Each query has at most one such group.
    """
    total = np.where(hits == groups.r, expected_sum(groups, groups.n), 0.0)
    partial = (hits > 0) & (hits < groups.r)
    n, r, t, p = (x[partial] for x in groups[:4])
    total[partial] = _sum_of_first_hits(n, r, t, p, hits[partial])
    return total


def safe_divide(numerator: Any, denominator: Any) -> Any:
    """Quotient; NaN where the denominator is not above 0."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    out = np.full(shape, np.nan)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def harmonic_sum(groups: Groups, start: Any, stop: Any) -> Any:
    """Sum of 1/i for i = start+1 .. stop."""
    return groups.harmonic[stop.astype(int)] - groups.harmonic[start.astype(int)]


def _sum_of_first_hits(n: Any, r: Any, t: Any, p: Any, hits: Any) -> Any:
    """Sums of single groups; `chance` is the distribution of hits so far: [groups]."""
    found = np.arange(int(hits.max(initial=0)))
    chance = np.zeros((len(n), len(found)))
    chance[:, :1] = 1.0
    left = np.where(found < hits[:, None], r[:, None] - found, 0.0)
    total = np.zeros(len(n))
    for i in range(1, int(n.max(initial=0)) + 1):
        # Groups that have ended stay as they are; carried on, they would overflow.
        hit = np.where(i <= n[:, None], chance * left, 0.0)
        hit /= np.maximum(n - i + 1, 1)[:, None]
        precision = (p[:, None] + found + 1) / (t + i)[:, None]
        total += np.where(i <= n, (hit * precision).sum(axis=1), 0.0)
        chance = chance - hit
        chance[:, 1:] += hit[:, :-1]
    return total
