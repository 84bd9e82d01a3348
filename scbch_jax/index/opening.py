"""Opens an index wherever it is: in a folder, or in a database."""

from pathlib import Path

from scbch_jax.errors import InputError, require
from scbch_jax.index.address import is_database
from scbch_jax.index.postgres import PostgresIndex
from scbch_jax.index.reader import EngineName, Index

Opened = Index | PostgresIndex

LARGE_SEARCH = 10**10
"""Pairs of a query and an item that take the flat engine about ten seconds, longer than
it takes to start a GPU and to move the codes to it."""


def choose_engine(queries: int, items: int) -> EngineName:
    """The exact engine for a search: device or flat, which give the same hits.

    It is device for many queries where JAX has a GPU or TPU.

    >>> choose_engine(queries=1, items=10_000_000)
    'flat'
    """
    if queries * items < LARGE_SEARCH:
        return "flat"
    import jax

    return "flat" if jax.default_backend() == "cpu" else "device"


def open_index(name: str | Path, *, engine: str = "flat", threads: int = 1) -> Opened:
    """Opens an index for searches.

    Args:
        name: a folder, or postgresql://host/database#schema.
        engine: of a folder see `Index`; of a database flat, which is exact, or hnsw,
            which is approximate.
        threads: of the flat engine and of faiss-ivf.

    Raises:
        InputError: if it is not an index, or has no such engine.
    """
    if is_database(name):
        there = engine in ("flat", "hnsw")
        require(there, "engine", engine, "flat or hnsw for a database")
        return PostgresIndex(str(name), approximate=engine == "hnsw")
    if engine not in ("flat", "device", "faiss-ivf"):
        wanted = "flat, device or faiss-ivf for a folder"
        raise InputError(f"engine: got {engine}, wanted {wanted}")
    return Index(Path(name), threads=threads, engine=engine)
