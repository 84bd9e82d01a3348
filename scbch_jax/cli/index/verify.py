"""`scbch index verify`: whether every byte of an index is what was written."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from scbch_jax.cli import console
from scbch_jax.config.constraints import ChecksFields, at_least


@dataclass(frozen=True)
class IndexVerify(ChecksFields):
    """Read every byte of an index and compare its checksums; exit code 1 if damaged."""

    index: tyro.conf.Positional[Path]
    """Folder of the index."""
    recall: Annotated[int, at_least(0, 1_000_000)] = 0
    """Search for this many of its own codes with the approximate engine, too, and
    print the share of the ten nearest that it finds."""


def main(options: IndexVerify) -> int:
    """Names each file that is damaged."""
    from scbch_jax import index

    damaged = index.verify(options.index)
    for file in damaged:
        console.output(f"damaged: {file}")
    if not damaged:
        console.output(f"{options.index}: every file is as it was written")
    if options.recall and not damaged:
        for modality, found in index.recall(options.index, options.recall).items():
            console.output(f"{modality}: recall@10 {found:.4f}")
    return int(bool(damaged))
