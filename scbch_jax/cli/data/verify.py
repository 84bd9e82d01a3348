"""`scbch data verify`: whether a store is as it was written."""

from scbch_jax.cli import console
from scbch_jax.cli.options.data_commands import VerifyData
from scbch_jax.data import store


def main(options: VerifyData) -> None:
    """Compares all checksums; the title, split and files of a store that passes."""
    sums = store.verify(options.store)
    found = store.read(options.store)
    console.say(f"{found.title}, split {found.split}")
    for name, checksum in sums.items():
        console.say(f"  {name}: sha256 {checksum}")
    console.say(f"{len(sums)} files as they were written")
