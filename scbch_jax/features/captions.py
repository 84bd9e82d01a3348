"""Pictures, captions and classes of TFDS's `coco_captions`, for `features all`.

OUT/pictures/NAME.jpg   the pictures' files, as TFDS has them
OUT/list.jsonl          a line for each: picture, text (all its captions), labels (the
                        classes that it has an object of)
OUT/source.json         which records these are

They are written to OUT.partial and renamed when all are there; the same call again goes
on where a stopped one was.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax import io
from scbch_jax.data.tfds import prepared
from scbch_jax.errors import Interrupted, require
from scbch_jax.features.pictures import SUFFIXES

NAME = "coco_captions"
"""What TFDS calls the dataset."""

FEATURES = ("image", "image/filename", "captions", "objects")
"""Those of its features that are used."""

BLOCK = 64
"""Records that are read at once."""


class Captions(NamedTuple):
    """Splits of a prepared `coco_captions`, opened."""

    source: Any
    """The records, pictures as the bytes of their files."""
    classes: list[str]
    """Names of the classes, by number."""
    plan: dict[str, Any]
    """Which records these are, as JSON."""


def open_captions(folder: Path, split: str) -> Captions:
    """Opens what TFDS prepared; TensorFlow is not needed.

    Args:
        folder: the prepared folder, or one of TFDS's data that has it.
        split: name of a split, or several with + between them.

    Raises:
        InputError: if there is no such folder or split, or it is another dataset.
    """
    builder = prepared.open_folder(prepared.find(folder, NAME))
    lacks = ", ".join(name for name in FEATURES if name not in builder.info.features)
    wanted = f"all features of {NAME}"
    require(not lacks, "source", f"{builder.info.full_name} without {lacks}", wanted)
    source = prepared.open_split(builder, split, encoded=("image",))
    names = builder.info.features["objects"]["label"].names
    plan = {"set": builder.info.full_name, "split": split, "records": len(source)}
    return Captions(source, list(names), plan)


def write_captions(
    captions: Captions,
    out: Path,
    *,
    on_pictures: Callable[[int], None] = lambda pictures: None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Writes pictures and their list.

    Args:
        captions: what to write.
        out: a new folder.
        on_pictures: is told how many more pictures are there.
        stop: asked now and then; if true, what is there stays, and the call ends.

    Returns:
        How many pictures have no label.

    Raises:
        InputError: if the folder is there, its unfinished one is of other records, or a
            record cannot be used; what is there stays.
        Stopped: if `stop` said so.
    """
    require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    partial = out.with_name(out.name + ".partial")
    lines = _begin(partial, captions.plan)
    on_pictures(len(lines))
    bare = sum(not line["labels"] for line in lines)
    for start in range(len(lines), len(captions.source), BLOCK):
        block = range(start, min(start + BLOCK, len(captions.source)))
        for place, record in zip(
            block, prepared.records(captions.source, block), strict=True
        ):
            line = _line(record, captions.classes, f"record {place}")
            _write_whole(partial / line["picture"], record["image"])
            io.append_jsonl(partial / "list.jsonl", line)
            bare += not line["labels"]
        on_pictures(len(block))
        if stop():
            raise Interrupted(f"{block.stop} pictures of {len(captions.source)}")
    partial.rename(out)
    return bare


def _begin(partial: Path, plan: dict[str, Any]) -> list[io.Record]:
    """The lines that are there already; makes the folder if it is not."""
    told = partial / "source.json"
    if not told.is_file():
        (partial / "pictures").mkdir(parents=True, exist_ok=True)
        io.write_text(told, json.dumps(plan, indent=1) + "\n")
    wanted = f"the same source and split, or {partial} removed"
    same = json.loads(told.read_text()) == plan
    require(same, "out", f"{partial}, unfinished with others", wanted)
    lines = io.read_jsonl(partial / "list.jsonl")
    # A last line that was cut short goes.
    io.write_jsonl(partial / "list.jsonl", lines)
    return lines


def _line(record: dict[str, Any], classes: list[str], place: str) -> io.Record:
    name = record["image/filename"].decode(errors="replace")
    plain = Path(name).name == name and Path(name).suffix.lower() in SUFFIXES
    require(plain, f"picture of {place}", name, "the plain name of a picture")
    texts = [text.decode(errors="replace") for text in record["captions"]["text"]]
    numbers = sorted({int(number) for number in record["objects"]["label"]})
    return {
        "picture": f"pictures/{name}",
        "text": " ".join(word for text in texts for word in text.split()),
        "labels": [classes[number] for number in numbers],
    }


def _write_whole(path: Path, content: bytes) -> None:
    fresh = path.with_name(path.name + ".tmp")
    fresh.write_bytes(content)
    os.replace(fresh, path)
