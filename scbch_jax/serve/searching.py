"""A search in one generation of an index: from codes to hits with their rows."""

from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax.errors import require
from scbch_jax.index import Cursor, Hits, Index, merge, search_ranked
from scbch_jax.index import Where as Filter
from scbch_jax.index.rank import POOL
from scbch_jax.serve.messages import After, Found, Hit, How, Item, Modality
from scbch_jax.serve.queues import timed

MODALITIES: tuple[Modality, Modality] = ("image", "text")


class Query(NamedTuple):
    """What is searched with."""

    codes: UInt8[np.ndarray, "n bytes"]
    relaxed: Float[np.ndarray, "n bits"] | None = None
    unknown_words: list[str] = []


class Search(NamedTuple):
    """A query, where and how it is searched."""

    opened: Index
    query: Query
    how: How

    @property
    def kind(self) -> Hashable:
        """Equal for searches that can be done as one with several codes."""
        how = self.how
        if len(self.query.codes) > 1 or how.after is not None or how.rank != "bits":
            return id(self.query)
        return id(self.opened), how.find, how.k, how.within, _filter(how)


class Matches(NamedTuple):
    """Hits of both modalities, in the order (distance, id, modality) or by score.

    Their ids are 2 id + modality, 0 for image and 1 for text: so each is unique, and
    the order (distance, id) of the engines is that of the matches.
    """

    hits: Hits
    scores: Float[np.ndarray, "n k"] | None


def search(alike: list[Search], stages: dict[str, float]) -> list[list[Found]]:
    """What searches of one kind find for each of their codes.

    Args:
        alike: at least one; one pass over the index compares all their codes.
        stages: gets the seconds of searching and of reading rows.

    Raises:
        InputError: as `match`.
    """
    opened, query, how = alike[0]
    if len(alike) > 1:
        query = Query(np.concatenate([one.query.codes for one in alike]))
    with timed(stages, "search"):
        matches = match(opened, query, how)
    with timed(stages, "rows"):
        found = iter(describe(opened, matches, how))
    return [list(islice(found, len(one.query.codes))) for one in alike]


def match(opened: Index, query: Query, how: How) -> Matches:
    """Searches with each code of a query.

    Raises:
        InputError: for a modality, label or rank that the index does not allow.
    """
    finds = _modalities(opened, how)
    if how.rank != "bits":
        return _by_score(opened, query, how, finds)
    parts = [_by_bits(opened, query, how, modality) for modality in finds]
    return Matches(merge(parts, k=how.k, bits=opened.bits), None)


def describe(opened: Index, matches: Matches, how: How) -> list[Found]:
    """The hits of each code with their rows."""
    rows = range(len(matches.hits.cut))
    return [_found(opened, matches, row, how) for row in rows]


def item(opened: Index, number: int) -> Item:
    """What is known of an item.

    Raises:
        InputError: if there is none.
    """
    have = opened.manifest.modalities
    codes = {m: opened.code(number, m).tobytes().hex() for m in have}
    return Item(number, **_row(opened, number), codes=codes)


def as_hit(opened: Index, number: int) -> Hit:
    """An item as if it had been found with its own code.

    Raises:
        InputError: if there is none.
    """
    return Hit(number, 0, default_by(opened), None, **_row(opened, number))


def default_by(opened: Index) -> Modality:
    """The modality of an item that is searched with, if none is named."""
    return "image" if "image" in opened.manifest.modalities else "text"


def _modalities(opened: Index, how: How) -> list[str]:
    have = opened.manifest.modalities
    if how.find == "any":
        return [m for m in MODALITIES if m in have]
    return [how.find or have[0]]


def _filter(how: How) -> Filter | None:
    """The filter in a form that is equal for equal conditions."""
    if how.where is None:
        return None
    found = Filter(
        tuple(sorted(set(how.where.any_of))),
        tuple(sorted(set(how.where.all_of))),
        tuple(sorted(set(how.where.none_of))),
    )
    return found if any(found) else None


def _by_bits(opened: Index, query: Query, how: How, modality: str) -> Hits:
    found = opened.search(
        query.codes,
        find=modality,
        k=how.k,
        within=how.within,
        where=_filter(how),
        after=_cursor(how.after, modality, any_of=how.find == "any"),
    )
    return _doubled(found, modality)


def _doubled(hits: Hits, modality: str) -> Hits:
    return hits._replace(ids=2 * hits.ids + MODALITIES.index(modality))


def _cursor(after: After | None, modality: str, *, any_of: bool) -> Cursor | None:
    """Where a modality goes on: an image comes before the text of the same item."""
    if after is None:
        return None
    wanted = "the modality of the last hit"
    require(not any_of or after.modality is not None, "after", "no modality", wanted)
    seen = not any_of or modality == "image" or after.modality == "text"
    return Cursor(after.distance, after.id if seen else after.id - 1)


def _by_score(opened: Index, query: Query, how: How, finds: list[str]) -> Matches:
    """The best by score, in the order (score descending, distance, id, modality)."""
    assert how.rank != "bits"
    wanted = "bits, as the relaxed code of the query is not known"
    require(query.relaxed is not None, "rank", how.rank, wanted)
    pages = how.after is None
    require(pages, "after", f"a page of rank {how.rank}", "rank bits, which has pages")
    parts = [
        search_ranked(
            opened,
            query.codes,
            query.relaxed,
            rank=how.rank,
            find=modality,
            k=how.k,
            pool=max(POOL, how.k),
            within=how.within,
            where=_filter(how),
        )
        for modality in finds
    ]
    hits = [_doubled(part.hits, m) for part, m in zip(parts, finds, strict=True)]
    scores = np.concatenate([part.scores for part in parts], axis=1)
    ids = np.concatenate([part.ids for part in hits], axis=1)
    distances = np.concatenate([part.distances for part in hits], axis=1)
    order = np.lexsort((ids, distances, -np.nan_to_num(scores, nan=-2.0)))
    best = [np.take_along_axis(x, order, 1)[:, : how.k] for x in (ids, distances)]
    # What a pool leaves out is not known of two pools together.
    cut = hits[0].cut if len(hits) == 1 else np.full(len(ids), -1)
    scores = np.take_along_axis(scores, order, 1)[:, : how.k]
    return Matches(Hits(best[0], best[1], cut), scores)


def _found(opened: Index, matches: Matches, row: int, how: How) -> Found:
    hits = list(_hits(opened, matches, row))
    cut = int(matches.hits.cut[row])
    full = len(hits) == how.k and how.rank == "bits"
    last = hits[-1] if full else None
    after = last and After(last.distance, last.id, last.modality)
    return Found(hits, cut, after)


def _hits(opened: Index, matches: Matches, row: int) -> Iterator[Hit]:
    hits = matches.hits
    for place, distance in enumerate(hits.distances[row].tolist()):
        if distance > opened.bits:
            continue
        number, modality = divmod(int(hits.ids[row, place]), 2)
        score = None if matches.scores is None else float(matches.scores[row, place])
        facts = _row(opened, number)
        yield Hit(number, distance, MODALITIES[modality], score, **facts)


def _row(opened: Index, number: int) -> dict[str, Any]:
    record = opened.record(number)
    name, text = (record.get(field) for field in ("name", "text"))
    picture = f"/v1/items/{number}/picture" if record.get("picture") else None
    return {
        "name": None if name is None else str(name),
        "text": None if text is None else str(text),
        "labels": record.get("labels", []),
        "picture": picture,
    }
