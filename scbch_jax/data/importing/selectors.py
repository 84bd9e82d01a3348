"""Arrays as a person names them: KEY, FILE:KEY, or the FILE alone where it has one."""

from collections.abc import Sequence
from pathlib import Path

from scbch_jax.data.formats.contents import ArrayInfo
from scbch_jax.errors import require


def files_named(words: Sequence[str]) -> list[Path]:
    """The files in FILE:KEY and FILE; a plain KEY names none."""
    return [path for path, _ in map(_parts, words) if path is not None]


def pick(field: str, word: str, found: Sequence[ArrayInfo]) -> ArrayInfo:
    """The array that a word names.

    Args:
        field: the option that the word came from.
        word: KEY, FILE:KEY or FILE; a key may leave out the groups that it is in.
        found: all arrays to choose from.

    Raises:
        InputError: if there is no such array, or there are several.
    """
    path, key = _parts(word)
    here = [f for f in found if path in (None, f.path)]
    named = [f for f in here if not key or f.key == key] or [
        f for f in here if f.name == key
    ]
    have = ", ".join(dict.fromkeys(f.key for f in here)) or "nothing"
    require(bool(named), field, word, f"the name of an array: {have}")
    places = ", ".join(f"{f.path}:{f.key}" for f in named)
    require(len(named) == 1, field, f"{word}, which is {places}", "FILE:KEY of one")
    return named[0]


def _parts(word: str) -> tuple[Path | None, str]:
    file, colon, key = word.rpartition(":")
    if colon and Path(file).suffix:
        return Path(file), key
    if Path(word).is_file():
        return Path(word), ""
    return None, word
