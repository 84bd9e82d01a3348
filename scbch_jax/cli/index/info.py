"""`scbch index info`: what an index holds."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console
from scbch_jax.io import json_line


@dataclass(frozen=True)
class IndexInfo:
    """Show what an index holds: rows, code length, modalities, classes, disk space."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    json: bool = False
    """Print a JSON object instead of lines."""


def main(options: IndexInfo) -> None:
    """Prints the facts of the index."""
    from scbch_jax import index

    opened = index.Index(options.index)
    manifest = opened.manifest
    files = [f for part in manifest.segments for f in part["files"].values()]
    facts = {
        "rows": opened.size,
        "removed": sum(part["rows"] for part in manifest.segments) - opened.size,
        "bits": opened.bits,
        "modalities": manifest.modalities,
        "relaxed": manifest.modalities if manifest.relaxed else [],
        "classes": manifest.classes,
        "segments": len(manifest.segments),
        "generation": manifest.generation,
        "encoder": manifest.encoder or None,
        "engine": None if manifest.engine is None else manifest.engine["kind"],
        "bytes": sum(file["bytes"] for file in files),
    }
    if options.json:
        console.output(json_line(facts))
        return
    for name, value in facts.items():
        text = ", ".join(value) if isinstance(value, list) else value
        console.output(f"{name:<12}{'none' if text in (None, '') else text}")
