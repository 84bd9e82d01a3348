"""`scbch index engine`: builds or drops the approximate engine of an index."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scbch_jax.cli import console
from scbch_jax.config.constraints import ChecksFields, at_least, optional


@dataclass(frozen=True)
class IndexEngine(ChecksFields):
    """Build an approximate engine for an index, or drop it."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    kind: tyro.conf.Positional[Literal["faiss-ivf", "none"]]
    """faiss-ivf: FAISS's inverted lists, for search --engine faiss-ivf; none: only the
    exact engines, which need no files."""
    lists: Annotated[int | None, optional(at_least(1, 2**20))] = None
    """Lists that the codes are divided into; by default about the square root of
    their number."""
    probes: Annotated[int | None, optional(at_least(1, 2**20))] = None
    """Lists that each search compares (nprobe): more raise recall, and take longer. By
    default a sixty-fourth of them, at least 8."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of the sample of codes from which the centers of the lists are computed."""


def main(options: IndexEngine) -> None:
    """Builds or drops the engine, and says what the index has."""
    from scbch_jax import index

    if options.kind == "none":
        index.drop_engine(options.index)
        console.output(f"{options.index}: no approximate engine")
        return
    chosen = {x: getattr(options, x) for x in ("lists", "probes", "seed")}
    manifest = index.set_engine(options.index, **chosen)
    size = sum(file["facts"]["bytes"] for file in manifest.engine["files"].values())
    console.output(f"{options.index}: {options.kind}, {size:,} bytes")
