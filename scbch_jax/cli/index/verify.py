"""`scbch index verify`: whether every byte of an index is what was written."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console


@dataclass(frozen=True)
class IndexVerify:
    """Read every byte of an index and compare its checksums; exit code 1 if damaged."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""


def main(options: IndexVerify) -> int:
    """Names each file that is damaged."""
    from scbch_jax import index

    damaged = index.verify(options.index)
    for file in damaged:
        console.output(f"damaged: {file}")
    if not damaged:
        console.output(f"{options.index}: every file is as it was written")
    return int(bool(damaged))
