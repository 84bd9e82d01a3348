"""`scbch data verify`: whether a store is as it was written."""

from scbch_jax.commands import show
from scbch_jax.data import store
from scbch_jax.settings.data_commands import VerifyData


def main(options: VerifyData) -> None:
    """Compares all checksums; the title, split and files of a store that passes."""
    sums = store.verify(options.store)
    found = store.read(options.store)
    show.say(f"{found.title}, split {found.split}")
    for name, checksum in sums.items():
        show.say(f"  {name}: sha256 {checksum}")
    show.say(f"{len(sums)} files as they were written")
