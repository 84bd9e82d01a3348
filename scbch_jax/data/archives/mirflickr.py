"""MIRFlickr-25K from its pictures' tags and its annotations of version 0.80.

A picture is kept that has one of 24 labels and one of the common tags; rows are in the
order of the pictures' numbers. Columns of labels are sorted by name, those of tags by
the number of pictures with the tag, falling, and equal numbers by first use: the
picture's number, then the line in its file. That rule was inferred from the published
arrays; the digests of these decide.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from scbch_jax.data.archives import base, files
from scbch_jax.data.archives.base import Original, Stage
from scbch_jax.data.archives.files import File, Files
from scbch_jax.errors import require

LABELS = (
    *("animals", "baby", "bird", "car", "clouds", "dog", "female", "flower", "food"),
    *("indoor", "lake", "male", "night", "people", "plant_life", "portrait", "river"),
    *("sea", "sky", "structures", "sunset", "transport", "tree", "water"),
)
"""Names of the potential labels, in the order of the columns."""

PICTURES = 25_000

DIGESTS = {
    "labels": "45a6312e4266dc6eea3c5418e5c9b26b29007ed26e7c1506976504e83a7b1817",
    "text": "1ff5c22776ed1f35ff590d6126fee2543a9c8cc9989cb7b4137ad3e88f194534",
}
"""Of `LAll` and `YAll`, 20,015 rows in the published order."""


class Annotations(NamedTuple):
    """The 24 label files."""

    hot: Mapping[int, np.ndarray]
    """The labels of each picture that has one."""
    relevant: int
    """Files of relevant labels (`_r1`), which are set aside."""


def read(
    folder: Files, *, rows: str = base.TAGGED, tag_order: str = "dcmh"
) -> Original:
    """Reads tags and annotations.

    Args:
        folder: the files.
        rows: tagged or labeled.
        tag_order: dcmh, the rule above, or listed, as in `common_tags.txt`.

    Raises:
        InputError: if files are missing, given twice, or hold anything else; or if the
            original is whole and numbers are not as published.
    """
    tags = read_tags(folder)
    listed = read_common_tags(folder)
    notations = read_annotations(folder)
    words = tuple(listed if tag_order == "listed" else by_use(tags, set(listed)))
    column = {word: i for i, word in enumerate(words)}
    used = {n: {column[t] for t in own if t in column} for n, own in tags.items()}
    labeled = [n for n in sorted(tags) if n in notations.hot]
    kept = [n for n in labeled if used[n]] if rows == base.TAGGED else labeled
    labels = np.array([notations.hot[n] for n in kept], np.uint8).reshape(
        -1, len(LABELS)
    )
    names = [f"im{n}.jpg" for n in kept]
    pictures, absent = base.picture_paths(folder, names, r"im[1-9][0-9]*[.]jpg")
    text = _bags([used[n] for n in kept], len(words))
    return base.checked(
        Original(
            benchmark="mirflickr",
            read=f"{len(tags):,} tag files, {len(LABELS)} label files "
            f"({notations.relevant} _r1 set aside), {len(words):,} common tags",
            pictures_read=len(tags),
            pictures_whole=PICTURES,
            stages=_stages(tags, notations, used, kept, labels, rows),
            labels=labels,
            text=text,
            classes=LABELS,
            words=words,
            ids=tuple(f"im{n}" for n in kept),
            pictures=pictures,
            texts=tuple(" ".join(tags[n]) for n in kept),
            notes=tuple(_notes(tags, listed, tag_order)),
            digests=DIGESTS if rows == base.TAGGED else {},
            absent=absent,
        )
    )


def read_tags(folder: Files) -> dict[int, list[str]]:
    """The tags of each picture, in the order of its file; empty files are read too."""
    found = folder.find(r"tags/tags[1-9][0-9]*[.]txt")
    folder.require_any(found, "meta/tags/tags1.txt to tags25000.txt")
    contents = {_number(file): content for file, content in files.read_each(found)}
    return {
        number: [tag for tag in files.lines_of(contents[number]) if tag]
        for number in sorted(contents)
    }


def read_common_tags(folder: Files) -> dict[str, int]:
    """The listed number of each common tag, in the order of the list."""
    file = folder.one(r"common_tags[.]txt", "doc/common_tags.txt")
    counts: dict[str, int] = {}
    for number, line in enumerate(files.read_lines(file), 1):
        tag, _, listed = line.replace("\t", " ").rpartition(" ")
        tag, count = tag.strip(), files.whole_number(listed)
        field = f"{file.name} line {number}"
        fits = bool(tag) and bool(count)
        require(fits, field, repr(line), "a tag and its number")
        require(tag not in counts, field, f"{tag} again", "each tag once")
        counts[tag] = count or 0
    require(bool(counts), file.name, "no line", "tags and their numbers")
    return counts


def read_annotations(folder: Files) -> Annotations:
    """The labels of each picture from the 24 files of potential labels."""
    found = {f.name: f for f in folder.find(f"(?:{'|'.join(LABELS)})(?:_r1)?[.]txt")}
    lost = [f"{name}.txt" for name in LABELS if f"{name}.txt" not in found]
    folder.require_any(found, f"annotations such as {LABELS[0]}.txt")
    got = f"{len(LABELS) - len(lost)} label files without {', '.join(lost[:5])}"
    require(not lost, "annotations", got, f"{len(LABELS)}")
    hot: dict[int, np.ndarray] = {}
    wanted = [found[f"{name}.txt"] for name in LABELS]
    for file, content in files.read_each(_by_archive(wanted)):
        column = LABELS.index(file.name.removesuffix(".txt"))
        for number in _picture_numbers(file, content):
            hot.setdefault(number, np.zeros(len(LABELS), np.uint8))[column] = 1
    return Annotations(hot, len(found) - len(LABELS))


def by_use(tags: Mapping[int, Sequence[str]], common: set[str]) -> list[str]:
    """Common tags by the number of pictures with them, falling, then by first use.

    >>> by_use({1: ["b", "a"], 2: ["a", "c"], 10: ["c", "b"]}, {"a", "b", "c"})
    ['b', 'a', 'c']
    """
    counts = dict.fromkeys((t for own in tags.values() for t in own if t in common), 0)
    for own in tags.values():
        for tag in common.intersection(own):
            counts[tag] += 1
    # Sorting is stable, and the counts are in the order of first use.
    unused = sorted(common - counts.keys())
    return sorted(counts, key=lambda tag: -counts[tag]) + unused


def _stages(
    tags: Mapping[int, Sequence[str]],
    notations: Annotations,
    used: Mapping[int, set[int]],
    kept: Sequence[int],
    labels: np.ndarray,
    rows: str,
) -> tuple[Stage, ...]:
    labeled = [n for n in tags if n in notations.hot]
    both = sum(bool(used[n]) for n in labeled)
    ones = sum(int(notations.hot[n].sum()) for n in labeled)
    tag_ones = sum(len(used[n]) for n in kept)
    tagged = rows == base.TAGGED
    return (
        Stage("ones of all labels", ones, 92_902),
        Stage("ones of all common tags", sum(map(len, used.values())), 94_281),
        Stage("pictures with a label", len(labeled), 24_581),
        Stage("pictures without a label", len(tags) - len(labeled), 419),
        Stage("with a label, without a common tag", len(labeled) - both, 4_566),
        Stage("with a label and a common tag", both, 20_015),
        Stage(
            "label ones of the rows", int(labels.sum()), 75_640 if tagged else 92_902
        ),
        Stage("tag ones of the rows", tag_ones, 92_808),
    )


def _notes(
    tags: Mapping[int, Sequence[str]], listed: Mapping[str, int], tag_order: str
) -> Iterable[str]:
    first = next((n for n in range(1, PICTURES + 1) if n not in tags), 0)
    if first:
        yield f"first missing: tags{first}.txt"
    order = "as listed" if tag_order == "listed" else "by number, then first use"
    yield f"columns of the tags: {order}"
    counts: dict[str, int] = {}
    for own in tags.values():
        for tag in set(own):
            counts[tag] = counts.get(tag, 0) + 1
    differ = [tag for tag, number in listed.items() if counts.get(tag, 0) != number]
    if differ and not first:
        tag = differ[0]
        yield (
            f"{len(differ)} tags have another number in common_tags.txt, the first is "
            f"{tag}: listed {listed[tag]:,}, counted {counts.get(tag, 0):,}"
        )


def _bags(rows: Sequence[set[int]], columns: int) -> np.ndarray:
    bags = np.zeros((len(rows), columns), np.uint8)
    for row, own in enumerate(rows):
        bags[row, list(own)] = 1
    return bags


def _picture_numbers(file: File, content: bytes) -> list[int]:
    numbers: dict[int, int] = {}
    for place, line in enumerate(files.lines_of(content), 1):
        field = f"{file.name} line {place}"
        picture = files.whole_number(line) or 0
        wanted = f"a picture's number from 1 to {PICTURES}"
        require(1 <= picture <= PICTURES, field, repr(line), wanted)
        require(picture not in numbers, field, f"{line} again", "each picture once")
        numbers[picture] = place
    return list(numbers)


def _by_archive(found: Iterable[File]) -> list[File]:
    return sorted(found, key=lambda file: (str(file.archive), file.path))


def _number(file: File) -> int:
    return int("".join(filter(str.isdecimal, file.name)))
