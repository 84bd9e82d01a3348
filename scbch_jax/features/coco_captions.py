"""Pictures, captions and classes of TFDS's `coco_captions`, for `features all`.

OUT/pictures/NAME.jpg   the pictures' files, byte by byte
OUT/list.jsonl          a line for each: picture, text (all its captions), labels (the
                        classes of its objects)
OUT/source.json         which records these are

They are written to OUT.partial, which is renamed when it is complete; the same call
again resumes an interrupted one.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax import io
from scbch_jax.data.tfds import prepared
from scbch_jax.errors import Interrupted, require
from scbch_jax.features.pictures import SUFFIXES

NAME = "coco_captions"
"""The name of the dataset in TFDS."""

FEATURES = ("image", "image/filename", "captions", "objects")
"""Features of the dataset that are read."""

BLOCK = 64
"""Records that are read at a time."""


class Captions(NamedTuple):
    """Opened splits of a prepared `coco_captions`."""

    records: Any
    """The records, with pictures as the bytes of their files."""
    classes: list[str]
    """Names of the classes, by index."""
    identity: io.Record
    """Which records these are, as JSON."""


def open_captions(folder: Path, split: str) -> Captions:
    """Opens what TFDS prepared; TensorFlow is not needed.

    Args:
        folder: the prepared folder, or TFDS's data folder that holds it.
        split: name of a split, or several joined by +.

    Raises:
        InputError: if there is no such folder or split, or it is another dataset.
    """
    builder = prepared.open_folder(prepared.find(folder, NAME))
    lacks = ", ".join(name for name in FEATURES if name not in builder.info.features)
    wanted = f"all features of {NAME}"
    require(not lacks, "source", f"{builder.info.full_name} without {lacks}", wanted)
    records = prepared.open_split(builder, split, encoded=("image",))
    classes = builder.info.features["objects"]["label"].names
    identity = {"set": builder.info.full_name, "split": split, "records": len(records)}
    return Captions(records, list(classes), identity)


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
        on_pictures: called with the number of pictures that were added.
        stop: asked after each block; if true, the call ends and can be resumed.

    Returns:
        The number of pictures without a label.

    Raises:
        InputError: if the folder exists, an unfinished one is of other records, or a
            record cannot be used; what has been written stays.
        Interrupted: if `stop` returned true.
    """
    require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    partial = out.with_name(out.name + ".partial")
    with io.locked_folder(partial):
        lines = _resume(partial, captions.identity)
        on_pictures(len(lines))
        unlabeled = sum(not line["labels"] for line in lines)
        for start in range(len(lines), len(captions.records), BLOCK):
            block = range(start, min(start + BLOCK, len(captions.records)))
            lines = list(_write_block(captions, block, partial))
            unlabeled += sum(not line["labels"] for line in lines)
            on_pictures(len(block))
            if stop():
                raise Interrupted(f"{block.stop} pictures of {len(captions.records)}")
        io.sync_tree(partial)
        partial.rename(out)
    return unlabeled


def _resume(partial: Path, identity: io.Record) -> list[io.Record]:
    """The lines that an interrupted call has written."""
    (partial / "pictures").mkdir(exist_ok=True)
    if not (partial / "source.json").is_file():
        io.write_json(partial / "source.json", identity)
    wanted = f"the same source and split, or {partial} removed"
    same = io.read_json(partial / "source.json", "out") == identity
    require(same, "out", f"{partial}, left by a call with others", wanted)
    lines = io.read_jsonl(partial / "list.jsonl")
    # Without a last line that was cut short.
    io.write_jsonl(partial / "list.jsonl", lines)
    return lines


def _write_block(
    captions: Captions, block: range, partial: Path
) -> Iterator[io.Record]:
    records = prepared.records(captions.records, block)
    for index, record in zip(block, records, strict=True):
        line = _line(record, captions.classes, f"record {index}")
        # The line is what counts: without it, the picture is written again.
        picture = partial / line["picture"]
        try:
            picture.write_bytes(record["image"])
        except OSError as error:
            raise io.write_error(picture, error) from error
        io.append_jsonl(partial / "list.jsonl", line)
        yield line


def _line(record: dict[str, Any], classes: list[str], field: str) -> io.Record:
    name = record["image/filename"].decode(errors="replace")
    plain = Path(name).name == name and Path(name).suffix.lower() in SUFFIXES
    require(plain, f"picture of {field}", name, "the plain name of a picture")
    texts = [text.decode(errors="replace") for text in record["captions"]["text"]]
    labels = sorted({int(label) for label in record["objects"]["label"]})
    return {
        "picture": f"pictures/{name}",
        "text": " ".join(word for text in texts for word in text.split()),
        "labels": [classes[label] for label in labels],
    }
