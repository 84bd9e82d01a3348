"""MS-COCO from its annotations of 2014 or 2017: labels, captions and picture names.

Both editions hold the same pictures in other parts, so both give the same rows:
pictures with an object, by ascending id. A label is a category, whose column is the
rank of its id; crowds count as other objects do. The vectors of texts that circulate
cannot be computed again: texts are captions, and their features are left to be added.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.data.archives import base, files
from scbch_jax.data.archives.base import Original, Stage
from scbch_jax.data.archives.files import Files
from scbch_jax.data.formats.base import one_line_errors
from scbch_jax.errors import require

PICTURES = 123_287
EDITIONS = ("2014", "2017")
PARTS = ("train", "val")
KEPT = {"images", "annotations", "categories", "id", "image_id", "category_id"}
KEPT |= {"file_name", "name", "caption"}
"""Keys that are read: outlines of objects would fill the memory."""


class Part(NamedTuple):
    """One pair of files."""

    name: str
    """train or val, with the year."""
    pictures: dict[int, str]
    """Name of each picture by id, in the order of the file."""
    categories: dict[int, str]
    objects: list[tuple[int, int]]
    """Ids of picture and category."""
    captions: list[tuple[int, int, str]]
    """Ids of picture and caption, and the caption in one line."""


def read(folder: Files, *, rows: str) -> Original:
    """Reads instances and captions.

    Args:
        folder: the files.
        rows: labeled, or tagged for pictures that have a caption, too.

    Raises:
        InputError: if files are missing, given twice or damaged; or if the original is
            whole and numbers are not as published.
    """
    edition = _edition(folder)
    parts = [read_part(folder, f"{part}{edition}") for part in PARTS]
    parts = [part for part in parts if part.pictures]
    names = {i: name for part in parts for i, name in part.pictures.items()}
    count = sum(len(part.pictures) for part in parts)
    require(count == len(names), "pictures", f"{count - len(names)} twice", "each once")
    categories = _categories(parts)
    hot = _labels(parts, names, sorted(categories))
    captions = _captions(parts, names)
    kept = [i for i in sorted(hot) if rows == base.LABELED or captions[i]]
    labels = np.array([hot[i] for i in kept], np.uint8).reshape(-1, len(categories))
    of_part = {i: part.name for part in parts for i in part.pictures}
    wanted = [f"{of_part[i]}/{names[i]}" for i in kept]
    pattern = f"(?:{'|'.join(part.name for part in parts)})/[^/]+[.]jpg"
    pictures, absent = base.picture_paths(folder, wanted, pattern)
    return base.checked(
        Original(
            benchmark="coco",
            read=f"instances and captions of {' and '.join(p.name for p in parts)}",
            pictures_read=len(names),
            pictures_whole=PICTURES,
            stages=_stages(parts, names, hot, categories, labels),
            labels=labels,
            text=np.empty((len(kept), 0), np.float32),
            classes=tuple(categories[i] for i in sorted(categories)),
            words=(),
            ids=tuple(str(i) for i in kept),
            pictures=pictures,
            texts=tuple(" ".join(captions[i]) for i in kept),
            orders=_orders(parts, kept),
            absent=absent,
        )
    )


def read_part(folder: Files, name: str) -> Part:
    """Reads the instances and captions of a part; empty if it has no instances.

    Raises:
        InputError: for files that are no such JSON, or captions that are missing.
    """
    if not folder.find(f"instances_{name}[.]json"):
        return Part(name, {}, {}, [], [])
    instances, captions = (
        _read_json(folder, f"{kind}_{name}.json") for kind in ("instances", "captions")
    )
    return Part(
        name,
        {row["id"]: row["file_name"] for row in instances["images"]},
        {row["id"]: row["name"] for row in instances["categories"]},
        [(row["image_id"], row["category_id"]) for row in instances["annotations"]],
        [
            (row["image_id"], row["id"], " ".join(row["caption"].split()))
            for row in captions["annotations"]
        ],
    )


FIELDS: Mapping[str, Mapping[str, type]] = {
    "instances images": {"id": int, "file_name": str},
    "instances categories": {"id": int, "name": str},
    "instances annotations": {"image_id": int, "category_id": int},
    "captions annotations": {"image_id": int, "id": int, "caption": str},
}
"""What each list of a file must hold."""


def _read_json(folder: Files, name: str) -> Mapping[str, Any]:
    file = folder.one(name.replace(".", "[.]"), name)
    with one_line_errors(file.archive or folder.folder / file.path):
        content = json.loads(
            files.read(file),
            object_pairs_hook=lambda pairs: {k: v for k, v in pairs if k in KEPT},
        )
    kind = name.partition("_")[0]
    for key, fields in FIELDS.items():
        if key.startswith(kind):
            _require_rows(name, content, key.removeprefix(f"{kind} "), fields)
    return content


def _require_rows(
    name: str, content: Any, key: str, fields: Mapping[str, type]
) -> None:
    rows = content.get(key) if isinstance(content, dict) else None
    require(isinstance(rows, list), name, f"no list {key}", "annotations of MS-COCO")
    assert isinstance(rows, list)
    for number, row in enumerate(rows):
        for field, kind in fields.items():
            value = row.get(field) if isinstance(row, dict) else None
            fits = isinstance(value, kind) and not isinstance(value, bool)
            where = f"{field} of {key} {number} in {name}"
            require(fits, where, repr(value)[:40], f"a value of type {kind.__name__}")


def _edition(folder: Files) -> str:
    """The edition whose files are there; 2014 where both are, as rows are the same."""
    found = folder.find("instances_(?:train|val)(?:2014|2017)[.]json")
    folder.require_any(found, "annotations such as instances_train2014.json")
    names = " ".join(file.name for file in found)
    return next(edition for edition in EDITIONS if edition in names)


def _categories(parts: Sequence[Part]) -> dict[int, str]:
    first = parts[0].categories
    same = all(part.categories == first for part in parts)
    require(same, "categories", "others in another part", "the same in all parts")
    require(len(first) > 1, "categories", len(first), "two at least")
    return first


def _labels(
    parts: Sequence[Part], names: Mapping[int, str], order: Sequence[int]
) -> dict[int, np.ndarray]:
    """Labels of each picture that has an object."""
    column = {category: i for i, category in enumerate(order)}
    hot: dict[int, np.ndarray] = {}
    for part in parts:
        for picture, category in part.objects:
            field = f"instances of {part.name}"
            known = picture in names and category in column
            got = f"picture {picture}, category {category}"
            require(known, field, got, "pictures and categories of its lists")
            hot.setdefault(picture, np.zeros(len(order), np.uint8))[
                column[category]
            ] = 1
    return hot


def _captions(parts: Sequence[Part], names: Mapping[int, str]) -> dict[int, list[str]]:
    """Captions of each picture by their ids; those of unknown pictures are refused."""
    found: dict[int, list[str]] = defaultdict(list)
    for part in parts:
        for picture, _, caption in sorted(part.captions):
            got = f"picture {picture}"
            field = f"captions of {part.name}"
            require(picture in names, field, got, "pictures of its lists")
            found[picture].append(caption)
    return found


def _orders(parts: Sequence[Part], kept: Sequence[int]) -> dict[str, np.ndarray]:
    """Orders in which these rows may have been published."""
    row = {picture: i for i, picture in enumerate(kept)}
    by_part = [i for part in parts for i in sorted(part.pictures) if i in row]
    listed = [i for part in parts for i in part.pictures if i in row]
    orders = {"ids ascending by part": by_part, "the order of the files": listed}
    return {w: np.array([row[i] for i in ids]) for w, ids in orders.items()}


def _stages(
    parts: Sequence[Part],
    names: Mapping[int, str],
    hot: Mapping[int, np.ndarray],
    categories: Mapping[int, str],
    labels: np.ndarray,
) -> tuple[Stage, ...]:
    captions = sum(len(part.captions) for part in parts)
    objects = sum(len(part.objects) for part in parts)
    return (
        Stage("categories", len(categories), 80),
        Stage("pictures", len(names), PICTURES),
        Stage("captions", captions, 616_767),
        Stage("instances", objects, 896_782),
        Stage("pictures with an instance", len(hot), 122_218),
        Stage("pictures without one", len(names) - len(hot), 1_069),
        Stage("label ones of the rows", int(labels.sum(dtype=np.int64)), 357_627),
    )
