"""Sums over a ranking whose items at equal distance are in no order; closed forms.

A group is all items at one distance from a query. Its position in the ranking is known,
the order inside it is not: sums are averaged over all orders, or taken for the best and
the worst.
"""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from scbch_jax.retrieval.hamming import RadiusCounts

PerGroup = Float[np.ndarray, "queries radii"]


class Groups(NamedTuple):
    """Numbers of items, by query and distance."""

    n: PerGroup
    """Items of the group."""
    r: PerGroup
    """Relevant items of the group."""
    t: PerGroup
    """Items of nearer groups."""
    p: PerGroup
    """Relevant items of nearer groups."""
    harmonic: Float[np.ndarray, " ranks"]
    """H_0, H_1 ..: partial sums of 1/i, as far as there are items."""


def groups_of(counts: RadiusCounts) -> Groups:
    """Counts as float64, with what lies before each distance."""
    r = np.asarray(counts.relevant, np.float64)
    n = np.asarray(counts.total, np.float64)
    ranks = np.arange(1, int(n.sum(axis=1).max(initial=0)) + 1)
    harmonic = np.concatenate([[0.0], np.cumsum(1.0 / ranks)])
    return Groups(n, r, np.cumsum(n, axis=1) - n, np.cumsum(r, axis=1) - r, harmonic)


def items_within(groups: Groups, depth: Any) -> PerGroup:
    """How many items of each group are among the first `depth` of the ranking."""
    return np.clip(depth - groups.t, 0, groups.n)


def expected_sum(groups: Groups, seen: PerGroup) -> PerGroup:
    """Sum of the precisions at the relevant among the first `seen` items of a group.

    Position i is relevant with chance r/n; of the i - 1 items before it a share of
    a = (r-1)/(n-1) is then relevant too. The sum over i = 1..seen of
    (r/n) · (p + 1 + (i-1)·a) / (t + i) has this closed form.
    """
    n, r, t, p, _ = groups
    a = (r - 1) / np.maximum(n - 1, 1)
    inner = (p + 1 - (t + 1) * a) * harmonic_sum(groups, t, t + seen) + a * seen
    return r / np.maximum(n, 1) * inner


def best_sum(groups: Groups, seen: PerGroup) -> PerGroup:
    """The same where the relevant items come first in their group."""
    hits = np.minimum(groups.r, seen)
    return hits + (groups.p - groups.t) * harmonic_sum(
        groups, groups.t, groups.t + hits
    )


def worst_sum(groups: Groups, seen: PerGroup) -> PerGroup:
    """The same where the relevant items come last in their group."""
    n, r, t, p, _ = groups
    start = t + n - r
    hits = np.clip(seen - (n - r), 0, r)
    return hits + (p - start) * harmonic_sum(groups, start, start + hits)


def expected_sum_of_hits(groups: Groups, hits: PerGroup) -> PerGroup:
    """Sum of the precisions at the first `hits` relevant items of a group.

    Where not all relevant items of a group are wanted there is no short closed form:
    the chance of having found h of them is carried from position to position. At most
    one group of each query is such a one.
    """
    total = np.where(hits == groups.r, expected_sum(groups, groups.n), 0.0)
    cut = (hits > 0) & (hits < groups.r)
    n, r, t, p = (x[cut] for x in groups[:4])
    total[cut] = _carried_sum(n, r, t, p, hits[cut])
    return total


def safe_divide(above: Any, below: Any) -> Any:
    """Above / below; NaN where there is nothing below."""
    nothing = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), np.nan)
    return np.divide(above, below, out=nothing, where=below > 0)


def harmonic_sum(groups: Groups, start: Any, stop: Any) -> Any:
    """Sum of 1/i for i = start+1 .. stop."""
    return groups.harmonic[stop.astype(int)] - groups.harmonic[start.astype(int)]


def _carried_sum(n: Any, r: Any, t: Any, p: Any, hits: Any) -> Any:
    """For single groups: [groups] each."""
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
