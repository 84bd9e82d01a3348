"""`scbch search`: the nearest items of an index."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.cli.workers import WorkerOptions
from scbch_jax.config.constraints import (
    at_least,
    optional,
    some_names,
    whole_numbers,
)
from scbch_jax.errors import InputError, require

if TYPE_CHECKING:
    from scbch_jax.cli.search_query import Query
    from scbch_jax.index import Hits
    from scbch_jax.index.opening import Opened


@dataclass(frozen=True)
class Search(WorkerOptions):
    """Search an index by words, a picture, one of its items, or codes."""

    index: tyro.conf.Positional[str]
    """Folder of the index, or postgresql://user@host/database#schema."""
    text: str | None = None
    """Words to search for, which the encoder of the index encodes."""
    picture: Path | None = None
    """Picture file to search with, which the encoder of the index encodes."""
    queries: Path | None = None
    """File of packed codes, as encode writes it; every row, or --row, is a query."""
    row: Annotated[int | None, optional(at_least(0))] = None
    """Row of the file of codes that is the only query, from 0; by default all are."""
    item: Annotated[int | None, optional(at_least(0))] = None
    """Id of an item of the index: its own code is the query."""
    name: str | None = None
    """Name of an item of the index, in place of its id."""
    by: Literal["image", "text"] | None = None
    """Modality of the query; by default image, but of words text."""
    find: Literal["image", "text"] | None = None
    """Modality that is found; by default the other one, if the index has it."""
    weights: Path | None = None
    """Weights of the network that made the features, if they are no longer where index
    build found them: a file of VGG19's, or the folder of a pretrained network."""
    encoder: Path | None = None
    """Index whose encoder is used, of the same id: for an index in a database, or of
    codes."""
    k: Annotated[int, at_least(1)] = 10
    """Number of items to find for each query."""
    within: Annotated[int | None, optional(at_least(0))] = None
    """Largest Hamming distance of an item that is found."""
    any_of: Annotated[tuple[str, ...] | None, optional(some_names())] = None
    """Classes of which a found item has at least one."""
    all_of: Annotated[tuple[str, ...] | None, optional(some_names())] = None
    """Classes of which a found item has all."""
    none_of: Annotated[tuple[str, ...] | None, optional(some_names())] = None
    """Classes of which a found item has none."""
    after: Annotated[tuple[int, ...], whole_numbers()] = ()
    """Distance and id of the last hit of a page: what comes after it is found."""
    rank: Literal["bits", "query", "both"] = "bits"
    """Order of the hits: by bits; or the nearest by bits are ordered by the cosine of
    the query's relaxed code with hash codes (query) or relaxed codes (both) of the
    items."""
    pool: Annotated[int, at_least(1, 100_000)] = 300
    """How many of the nearest by bits, with all ties of the last, are ordered if the
    rank is not bits."""
    engine: Literal["auto", "flat", "device", "faiss-ivf", "hnsw"] = "auto"
    """How codes are compared: flat exactly, by NumPy or by the database; device on
    JAX's default device, with the same hits; auto by device for many queries if there
    is a GPU or TPU, and otherwise by flat; faiss-ivf by
    FAISS's inverted lists, fast and approximate, once index engine has built them; hnsw
    by pgvector's graphs, likewise, after index copy --hnsw."""
    threads: Annotated[int, at_least(1, 1024)] = 1
    """Threads of a search by NumPy; a compiled one uses as many as there are cores, and
    the device engine its device."""
    json: bool = False
    """Print a JSON object for each hit instead of a table; its cut is how many items
    are left out at the distance of the last hit of its query, -1 if not known."""
    out: Path | None = None
    """File to write instead: npz with ids, distances, and cut, the number of items at
    the distance of the last hit that k leaves out; one row per query, padded with -1.
    If the rank is not bits also scores; cut counts those of the last score and
    distance.
    """
    page: Path | None = None
    """HTML file to write instead, with the pictures that one query finds."""
    open: bool = False
    """Open that page in a browser; by default it is a temporary file then."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        names = ("text", "picture", "queries", "item", "name")
        given = [name for name in names if getattr(self, name) is not None]
        wanted = "one of --text, --picture, --queries, --item and --name"
        got = " and ".join(f"--{name}" for name in given) or "none"
        require(len(given) == 1, "query", got, wanted)
        own = {"text": "text", "picture": "image"}.get(given[0])
        got = f"{self.by} with --{given[0]}"
        require(own is None or self.by in (None, own), "by", got, f"--by {own}")
        for name in ("weights", "encoder"):
            value, wanted = getattr(self, name), "--text or --picture too"
            require(value is None or own is not None, name, value, wanted)
        with_file = self.row is None or self.queries is not None
        require(with_file, "row", f"--row with --{given[0]}", "--row with --queries")
        outputs = {"--json": self.json, "--out": self.out}
        outputs["--page or --open"] = self.page or self.open
        asked = [name for name, value in outputs.items() if value]
        require(len(asked) < 2, "output", " with ".join(asked), "one of them")
        ok = len(self.after) in (0, 2)
        require(ok, "after", "another number of values", "a distance and an id")
        pages = self.rank == "bits" or not self.after
        require(pages, "after", f"--after with --rank {self.rank}", "--rank bits")

    @property
    def encodes(self) -> bool:
        """Whether an encoder makes the code of the query."""
        return self.text is not None or self.picture is not None


def main(options: Search) -> None:
    """Searches, and prints or writes the hits."""
    from scbch_jax import index
    from scbch_jax.cli import search_page, search_query
    from scbch_jax.index.address import is_database

    if options.out:
        io.require_writable("out", options.out, ".npz")
    if options.page:
        io.require_writable("page", options.page, ".html")
    if options.encodes:
        folder = options.encoder or options.index
        got, wanted = "none in a database", "--encoder INDEX, the folder of an index"
        require(not is_database(folder), "encoder", got, wanted)
    engine = "flat" if options.engine == "auto" else options.engine
    opened = index.open_index(options.index, threads=options.threads, engine=engine)
    query = search_query.read(options, opened)
    hits, scores = _search(options, opened, query)
    if options.page or options.open:
        find = _find(options, opened, query.by)
        search_page.show(options, opened, query, find, hits, scores)
        return
    if options.out:
        more = {} if scores is None else {"scores": scores}
        io.write_npz(options.out, **hits._asdict(), **more)
        console.output(f"{options.out}: hits of {len(hits.ids)} queries")
        return
    found = (places.tolist() for places in (hits.ids >= 0).nonzero())
    places = zip(*found, strict=True)
    lines = [_line(opened, hits, scores, q, i) for q, i in places]
    if options.json:
        console.output("\n".join(map(io.json_line, lines)))
    else:
        console.output(_table(lines))
        for query, cut in enumerate(hits.cut):
            if cut > 0:
                same = "distance" if scores is None else "score and distance"
                text = f"query {query}: {cut} more at the {same} of its last hit"
                console.output(text)


def _search(options: Search, opened: "Opened", query: "Query") -> tuple["Hits", Any]:
    """The hits, and their scores if they are not ranked by bits."""
    from scbch_jax import index
    from scbch_jax.index.rank import RELAXED_WANTED

    by, queries, relaxed, _ = query
    if options.engine == "auto" and isinstance(opened, index.Index):
        engine = index.choose_engine(queries=len(queries), items=opened.size)
        opened = opened.with_engine(engine)
    filters = (options.any_of, options.all_of, options.none_of)
    how: dict[str, Any] = {
        "find": _find(options, opened, by),
        "k": options.k,
        "within": options.within,
        "where": index.Where(*(x or () for x in filters)) if any(filters) else None,
    }
    if options.rank == "bits":
        after = index.Cursor(*options.after) if options.after else None
        return _search_bits(options, opened, queries, after=after, **how), None
    if not isinstance(opened, index.Index):
        wanted = "an index in a folder: a database has no relaxed codes"
        raise InputError(f"rank: got {options.rank} of {opened.path}, wanted {wanted}")
    source = options.queries or options.index
    got = f"{options.rank}, but no relaxed codes in {source}"
    require(relaxed is not None, "rank", got, RELAXED_WANTED)
    shared = bool(options.workers or options.scheduler)
    require(not shared, "workers", f"--rank {options.rank}", "--rank bits")
    rank, pool = options.rank, options.pool
    return index.search_ranked(opened, queries, relaxed, rank=rank, pool=pool, **how)


def _search_bits(options: Search, opened: "Opened", queries: Any, **how: Any) -> "Hits":
    """The hits, found by this process or by workers; of many queries with progress."""
    from scbch_jax import index, parallel

    where = {"workers": options.workers, "scheduler": options.scheduler}
    if not isinstance(opened, index.Index):
        wanted = "an index in a folder: a database does its own work"
        require(not any(where.values()), "workers", opened.path, wanted)
        return opened.search(queries, **how)
    with contextlib.ExitStack() as stack:
        how["mapped"] = stack.enter_context(parallel.opened(**where))
        if len(queries) > index.QUERIES:
            bar = console.progress_bar("searching", total=len(queries))
            how["on_queries"] = stack.enter_context(bar)
        return index.search_parts(opened, queries, **how)


def _find(options: Search, opened: "Opened", by: str) -> str:
    """The modality that is found: not that of the query, if the index has both."""
    if options.find:
        return options.find
    other = {"image": "text", "text": "image"}[by]
    return other if other in opened.manifest.modalities else by


def _line(
    opened: "Opened", hits: "Hits", scores: Any, query: int, place: int
) -> io.Record:
    item, distance = int(hits.ids[query, place]), int(hits.distances[query, place])
    found: io.Record = {"query": query, "distance": distance, "id": item}
    found["cut"] = int(hits.cut[query])
    if scores is not None:
        found["score"] = round(float(scores[query, place]), 4)
    return {**opened.record(item), **found}


def _table(lines: list[io.Record]) -> str:
    from scbch_jax.report import as_markdown

    if not lines:
        return "nothing found"
    first = ["query", "distance", "id"]
    shown = ["score", "name", "labels", "text", "picture"]
    columns = first + [c for c in shown if any(c in line for line in lines)]
    return as_markdown(columns, [[_cell(x.get(c, "")) for c in columns] for x in lines])


def _cell(value: Any) -> str:
    value = f"{value:.4f}" if isinstance(value, float) else value
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
