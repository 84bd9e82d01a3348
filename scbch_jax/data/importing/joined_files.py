"""Arrays of the files of one dataset, where several files are read together."""

from collections.abc import Sequence
from pathlib import Path

from scbch_jax.data.formats import ArrayInfo, find_arrays
from scbch_jax.data.importing.file_pairs import with_texts_of_pairs
from scbch_jax.data.importing.keyed_rows import with_rows_by_key
from scbch_jax.data.importing.text_lists import with_bags


def find_joined(paths: Sequence[Path]) -> list[ArrayInfo]:
    """All arrays of the files; those that only several files make are among them.

    Raises:
        InputError: if a file is missing, of an unknown kind or damaged, or files do not
            belong together.
    """
    return with_bags(with_rows_by_key(with_texts_of_pairs(find_arrays(paths))))
