"""NUS-WIDE from its ground truth and its tags: 21 or 10 concepts, the 1,000 tags.

Of the 81 concepts the most frequent are kept, in alphabetical order. All files have a
line for each picture, in one order, which is that of the rows; photo ids are not
unique, so no row is found by its id. Newer packages lack the list of pictures; then the
photo ids in `All_Tags.txt` say which is which.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from scbch_jax.data.archives import base, files
from scbch_jax.data.archives.base import Original, Stage
from scbch_jax.data.archives.bits import BitRows, read_bits
from scbch_jax.data.archives.files import File, Files
from scbch_jax.data.formats.numpy_files import row_blocks
from scbch_jax.errors import require

PICTURES = 269_648

BENCHMARKS = {21: "nuswide", 10: "nuswide-10"}
"""By the number of concepts that are kept."""

EXPECTED = {21: (411_438, 195_834, 190_421), 10: (332_189, 186_577, 181_365)}
"""Ones of the concepts that are kept; rows with one of them; and with a tag, too."""

LABEL_ONES = {(21, base.TAGGED): 402_316, (21, base.LABELED): 411_438}
LABEL_ONES |= {(10, base.LABELED): 332_189}
"""Ones of the labels of the rows, by concepts and rows."""


class Pictures(NamedTuple):
    """What names the picture of each line."""

    ids: list[str]
    paths: list[str]
    """Folder and file, where a list has them; else empty."""
    tags: list[str]
    """All tags, in a line each; empty if they are not at hand."""


def read(folder: Files, *, rows: str, concepts: int = 21) -> Original:
    """Reads labels and tags.

    Args:
        folder: the files.
        rows: tagged or labeled.
        concepts: how many of the most frequent concepts are kept.

    Raises:
        InputError: if files are missing, given twice or of different lengths, or hold
            anything but 0 and 1; or if the original is whole and numbers are not as
            published.
    """
    names, labels = read_labels(folder)
    order = np.argsort(-labels.sum(axis=0, dtype=np.int64), kind="stable")
    chosen = np.sort(order[:concepts])
    words = _words(folder)
    tags = read_bits(folder.one(r"AllTags1k[.]txt", "AllTags1k.txt"), len(words))
    named = read_pictures(folder)
    _require_lines({"AllTags1k.txt": len(tags), "the list": len(named.ids)}, labels)
    labeled = np.asarray(labels[:, chosen].any(axis=1))
    tagged = labeled & (tags.row_sums() > 0)
    kept = np.flatnonzero(tagged if rows == base.TAGGED else labeled)
    paths, absent = _paths(folder, named, kept)
    text = tags.take(kept)
    return base.checked(
        Original(
            benchmark=BENCHMARKS.get(concepts, "nuswide"),
            read=f"{len(names)} label files of {len(labels):,} lines, "
            f"{len(words):,} tags",
            pictures_read=len(labels),
            pictures_whole=PICTURES,
            stages=_stages(labels, chosen, tags, (labeled, tagged), kept, rows),
            labels=np.ascontiguousarray(labels[kept][:, chosen]),
            text=text,
            classes=tuple(names[c] for c in chosen),
            words=tuple(words),
            ids=tuple(named.ids[row] for row in kept),
            pictures=paths,
            texts=tuple(_texts(named, kept, text, words)),
            notes=tuple(_notes(names, labels, order, concepts, named)),
            absent=absent,
        )
    )


def read_labels(folder: Files) -> tuple[list[str], np.ndarray]:
    """Names of all concepts in alphabetical order, and uint8 [lines, concepts]."""
    found = folder.find(r"AllLabels/Labels_[^/]+[.]txt")
    folder.require_any(found, "Groundtruth/AllLabels with Labels_<concept>.txt")
    found = sorted(found, key=_concept)
    columns = [read_bits(file, 1) for file in found]
    lines = {
        file.name: len(column) for file, column in zip(found, columns, strict=True)
    }
    several = next((f for f, n in lines.items() if n != len(columns[0])), found[0].name)
    got = f"{lines[several]:,} lines"
    wanted = f"{len(columns[0]):,} as {found[0].name}"
    require(lines[several] == len(columns[0]), several, got, wanted)
    labels = np.concatenate([column[:] for column in columns], axis=1)
    return [_concept(file) for file in found], labels


def read_pictures(folder: Files) -> Pictures:
    """Photo ids and paths of `Imagelist.txt`, photo ids and tags of `All_Tags.txt`."""
    listed = folder.find(r"Image[lL]ist[.]txt")
    tagged = folder.find(r"All_Tags[.]txt")
    folder.require_any(listed + tagged, "Imagelist.txt or All_Tags.txt")
    tags = files.read_lines(tagged[0]) if tagged else []
    split = [line.split(maxsplit=1) or [""] for line in tags]
    unnamed = next((i for i, words in enumerate(split, 1) if not words[0]), 0)
    require(not unnamed, f"All_Tags.txt line {unnamed}", "nothing", "a photo id")
    texts = [" ".join(words[1].split()) if words[1:] else "" for words in split]
    if not listed:
        return Pictures([words[0] for words in split], [], texts)
    paths = files.read_lines(listed[0])
    paths = ["/".join(re.split(r"[\\/]", path)[-2:]) for path in paths]
    ids = [_photo(path) for path in paths]
    if tagged:
        got = "photo ids in another order"
        same = ids == [words[0] for words in split]
        require(same, tagged[0].name, got, f"those of {listed[0].name}")
    return Pictures(ids, paths, texts)


def _words(folder: Files) -> list[str]:
    file = folder.one(r"TagList1k[.]txt", "TagList1k.txt")
    words = files.read_lines(file)
    require(bool(words) and all(words), file.name, "an empty line", "a tag in each")
    return words


def _require_lines(lines: dict[str, int], labels: np.ndarray) -> None:
    for name, count in lines.items():
        wanted = f"{len(labels):,} as the labels"
        require(count == len(labels), name, f"{count:,} lines", wanted)


def _paths(
    folder: Files, named: Pictures, kept: np.ndarray
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the picture of each row is; without a list, found by the photo id."""
    pattern = r"[^/]+/[0-9]+_[0-9]+[.]jpg"
    if named.paths:
        return base.picture_paths(folder, [named.paths[row] for row in kept], pattern)
    by_id = {_photo(f.path): f.path for f in folder.find(pattern, packed=False)}
    ids = [named.ids[row] for row in kept]
    paths = tuple(by_id.get(photo, f"{photo}.jpg") for photo in ids)
    return paths, tuple(f"{photo}.jpg" for photo in ids if photo not in by_id)


def _stages(
    labels: np.ndarray,
    chosen: np.ndarray,
    tags: BitRows,
    masks: tuple[np.ndarray, np.ndarray],
    kept: np.ndarray,
    rows: str,
) -> tuple[Stage, ...]:
    ones = labels[:, chosen].sum(axis=1, dtype=np.int64)
    count = len(chosen)
    of_chosen, labeled, tagged = EXPECTED.get(count, (None, None, None))
    all_tags = int(tags.row_sums().sum())
    return (
        Stage("concepts", labels.shape[1], 81),
        Stage("ones of all concepts", int(labels.sum(dtype=np.int64)), 503_848),
        Stage("ones of AllTags1k", all_tags, 1_559_464),
        Stage(f"ones of the {count} concepts kept", int(ones.sum()), of_chosen),
        Stage("rows with one of them", int(masks[0].sum()), labeled),
        Stage("and one of the tags", int(masks[1].sum()), tagged),
        Stage(
            "label ones of the rows",
            int(ones[kept].sum()),
            LABEL_ONES.get((count, rows)),
        ),
    )


def _texts(
    named: Pictures, kept: np.ndarray, text: BitRows, words: Sequence[str]
) -> list[str]:
    if named.tags:
        return [named.tags[row] for row in kept]
    return [
        " ".join(words[c] for c in np.flatnonzero(row).tolist())
        for block in row_blocks(text)
        for row in block
    ]


def _notes(
    names: Sequence[str],
    labels: np.ndarray,
    order: np.ndarray,
    concepts: int,
    named: Pictures,
) -> list[str]:
    counts = labels.sum(axis=0, dtype=np.int64)
    last, *following = order[concepts - 1 : concepts + 1].tolist() or [0]
    notes = []
    if following and counts[last] == counts[following[0]]:
        notes.append(
            f"{names[last]} and {names[following[0]]} are equally frequent; the first "
            "in alphabetical order is kept"
        )
    if not named.paths:
        notes.append("no Imagelist.txt: photo ids of All_Tags.txt name the rows")
    return notes


def _concept(file: File) -> str:
    return file.name.removeprefix("Labels_").removesuffix(".txt")


def _photo(path: str) -> str:
    """The photo id in a picture's path, `actor/0001_2124494179.jpg`."""
    return path.rpartition("/")[2].rpartition("_")[2].partition(".")[0]
