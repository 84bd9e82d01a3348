"""`scbch index info`: what an index holds."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import tyro

from scbch_jax.cli import console
from scbch_jax.io import Record, json_line

if TYPE_CHECKING:
    from scbch_jax.index.opening import Opened


@dataclass(frozen=True)
class IndexInfo:
    """Show what an index holds: rows, code length, modalities, classes, disk space."""

    index: tyro.conf.Positional[str]
    """Folder of the index, or postgresql://user@host/database#schema."""
    json: bool = False
    """Print a JSON object instead of lines."""


def main(options: IndexInfo) -> None:
    """Prints the facts of the index."""
    from scbch_jax import index

    facts = _facts(index.open_index(options.index))
    if options.json:
        console.output(json_line(facts))
        return
    for name, value in facts.items():
        text = ", ".join(value) if isinstance(value, list) else value
        console.output(f"{name:<12}{'none' if text in (None, '') else text}")


def _facts(opened: "Opened") -> Record:
    from scbch_jax.index import Index

    manifest = opened.manifest
    facts = {
        "rows": opened.size,
        "bits": opened.bits,
        "modalities": manifest.modalities,
        "relaxed": manifest.modalities if manifest.relaxed else [],
        "classes": manifest.classes,
        "generation": manifest.generation,
        "encoder": manifest.encoder or None,
    }
    if not isinstance(opened, Index):
        engine = "hnsw" if opened.has_graphs else None
        return {**facts, "engine": engine, "bytes": opened.disk_space}
    built = manifest.engine or {}
    files = [path for path in opened.path.rglob("*") if path.is_file()]
    return {
        **facts,
        "removed": sum(part["rows"] for part in manifest.segments) - opened.size,
        "segments": len(manifest.segments),
        "engine": built.get("kind"),
        **{name: built[name] or "default" for name in ("lists", "probes") if built},
        "bytes": sum(path.stat().st_size for path in files),
    }
