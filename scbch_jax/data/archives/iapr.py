"""IAPR TC-12 from its annotations and the segmentation of SAIAPR TC-12.

Rows are the pictures with a labeled region, by ascending number; labels are the ids in
use, by ascending id. The 2,912 words of the published texts follow no known rule, so
texts are descriptions, and their features are left to be added; nor is the published
order of rows and columns known, which matching may recover.
"""

import html
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from scbch_jax.data.archives import base, files
from scbch_jax.data.archives.base import Original, Stage
from scbch_jax.data.archives.files import Files
from scbch_jax.errors import require

PICTURES = 20_000

_DESCRIPTION = re.compile(
    r"<DESCRIPTION>(.*?)</DESCRIPTION>", re.DOTALL | re.IGNORECASE
)
"""Searched for, not parsed: the files are not well-formed XML."""


class Regions(NamedTuple):
    """The labels of all regions."""

    of_picture: dict[int, set[int]]
    """Ids of labels by the number of the picture."""
    folders: dict[int, str]
    """Folder of each picture."""
    count: int


def read(folder: Files, *, rows: str) -> Original:
    """Reads labels of regions and English descriptions.

    Args:
        folder: the files.
        rows: labeled, or tagged for pictures that have a description, too.

    Raises:
        InputError: if files are missing, given twice or damaged; or if the original is
            whole and numbers are not as published.
    """
    regions = read_regions(folder)
    names = read_names(folder)
    texts = read_descriptions(folder)
    every = sorted(regions.of_picture)
    kept = [n for n in every if rows == base.LABELED or texts.get(n)]
    used = sorted(set().union(*regions.of_picture.values()))
    column = {label: i for i, label in enumerate(used)}
    labels = np.zeros((len(kept), len(used)), np.uint8)
    for row, n in enumerate(kept):
        labels[row, [column[label] for label in regions.of_picture[n]]] = 1
    wanted = [f"images/{regions.folders[n]}/{n}.jpg" for n in kept]
    pattern = "images/[0-9]{2}/[0-9]+[.]jpg"
    pictures, absent = base.picture_paths(folder, wanted, pattern)
    return base.checked(
        Original(
            benchmark="iapr",
            read=f"{regions.count:,} labeled regions, {len(texts):,} English texts",
            pictures_read=len(every),
            pictures_whole=PICTURES,
            stages=(
                Stage("labeled pictures", len(every), PICTURES),
                Stage("labels in use", len(used), 255),
                Stage("English texts", len(texts), 19_999),
                Stage("rows without a description", _without(kept, texts)),
                Stage("label ones of the rows", int(labels.sum())),
            ),
            labels=labels,
            text=np.empty((len(kept), 0), np.float32),
            classes=tuple(names.get(label) or f"label {label}" for label in used),
            words=(),
            ids=tuple(f"{regions.folders[n]}/{n}" for n in kept),
            pictures=pictures,
            texts=tuple(texts.get(n, "") for n in kept),
            absent=absent,
        )
    )


def read_regions(folder: Files) -> Regions:
    """The labels of each picture, from `labels.txt` of all folders."""
    found = folder.find("[0-9]{2}/labels[.]txt")
    folder.require_any(found, "saiapr_tc-12/00/labels.txt and its like")
    regions = Regions({}, {}, 0)
    count = 0
    for file, content in files.read_each(found):
        for number, line in enumerate(files.lines_of(content), 1):
            above = file.path.split("/")[-2]
            field = f"{above}/{file.name} line {number}"
            values = [_whole(word) for word in line.split()]
            fits = len(values) == 3 and None not in values
            require(fits, field, repr(line), "numbers of picture, region and label")
            picture, _, label = (value or 0 for value in values)
            other = regions.folders.setdefault(picture, above)
            require(
                other == above, field, f"picture {picture}, as {other}", "it only once"
            )
            regions.of_picture.setdefault(picture, set()).add(label)
            count += 1
    return regions._replace(count=count)


def read_names(folder: Files) -> Mapping[int, str]:
    """Names of the labels by id; one of them is empty."""
    file = folder.one("wlist[.]txt", "benchmark/wlist.txt")
    names: dict[int, str] = {}
    for number, line in enumerate(files.read_lines(file), 1):
        label, _, name = line.partition("\t")
        value = _whole(label.strip())
        field = f"{file.name} line {number}"
        require(value is not None, field, repr(line), "an id, a tab and a name")
        require(value not in names, field, f"{value} again", "each id once")
        names[value or 0] = name.strip()
    return names


def read_descriptions(folder: Files) -> dict[int, str]:
    """English descriptions by the number of the picture; they may be empty."""
    found = folder.find("annotations_complete_eng/[0-9]{2}/[0-9]{1,6}[.]eng")
    folder.require_any(found, "annotations_complete_eng/00/25.eng and its like")
    return {
        int(file.name.removesuffix(".eng")): _description(content)
        for file, content in files.read_each(found)
    }


def _description(content: bytes) -> str:
    found = _DESCRIPTION.search(content.decode("latin-1"))
    return " ".join(html.unescape(found[1]).split()) if found else ""


def _whole(word: str) -> int | None:
    """A whole number, which may be written as a decimal, 2.5000000e+01."""
    fits = re.fullmatch(r"[0-9]{1,9}([.][0-9]{0,20})?(e[+-]?[0-9]{1,2})?", word)
    value = float(word) if fits else -1.0
    return int(value) if value == int(value) and 0 <= value < 1e9 else None


def _without(kept: Iterable[int], texts: Mapping[int, str]) -> int:
    return sum(not texts.get(n) for n in kept)
