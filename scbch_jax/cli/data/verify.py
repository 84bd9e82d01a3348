"""`scbch data verify`: whether a store is as it was written."""

from dataclasses import dataclass
from pathlib import Path

import tyro


@dataclass(frozen=True)
class VerifyData:
    """Read every byte of a store and compare it with the recorded checksums."""

    store: tyro.conf.Positional[Path]
    """Folder of the store."""


def main(options: VerifyData) -> None:
    """Compares all checksums; prints title, split and files of an intact store."""
    from scbch_jax.cli import console
    from scbch_jax.data import store

    sums = store.verify(options.store)
    found = store.read(options.store, partial=True)
    console.output(f"{found.title}, split {found.split}")
    for name, checksum in sums.items():
        console.output(f"  {name}: sha256 {checksum}")
    console.output(f"{len(sums)} files as they were written")
    absent = [m for m in store.MODALITIES if not getattr(found, m).shape[1]]
    if absent:
        console.output(f"without {' and '.join(absent)} features, which training needs")
