"""The manifest of an index: what `index.json` holds, and whether it is one."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax import io
from scbch_jax.errors import require
from scbch_jax.index import segment
from scbch_jax.index.address import require_folder
from scbch_jax.index.segment import MODALITIES

FORMAT = 1
MANIFEST = "index.json"
ENCODER = "encoder"
"""Folder of the encoder in an index."""
_ENCODER_FILE = r"(text/)?[a-z]+\.[a-z0-9]+|network/(\d_\w+/)?\w[\w.-]*"
_REMOVED_FILE = r"\d{8,}\.npy"
_ENGINE_FILE = r"faiss-ivf-\d{8,}-(image|text)\.bin"


class Manifest(NamedTuple):
    """What `index.json` holds."""

    format: int
    generation: int
    """Grows by one with each change."""
    bits: int
    modalities: list[str]
    classes: list[str]
    """Names of the label columns; empty for an index without labels."""
    encoder: str
    """Id of the encoder of all codes; empty if it is not known."""
    next_id: int
    """Ids are given in order and never again."""
    segments: list[Any]
    """Name, rows and files of each segment, in the order of ids."""
    removed: Any
    """Name and facts of the file of removed ids; None if there are none."""
    engine: Any = None
    """The approximate engine: its kind, lists, probes and seed as they were asked for,
    the first id that it does not hold, and name and facts of a file for each modality;
    None if there is none."""
    pictures: list[str] = []
    """Folders of the pictures; a record names one by its number."""
    encoder_files: Any = None
    """Facts of the files of the encoder, by their paths; None if there is none."""

    @property
    def relaxed(self) -> bool:
        """Whether every segment has relaxed codes; otherwise none has."""
        files = (name for part in self.segments for name in part["files"])
        return any(name.startswith("relaxed_") for name in files)


def read_manifest(path: Path) -> Manifest:
    """Reads the manifest of an index.

    Raises:
        InputError: if the folder is not an index, or one of a newer format.
    """
    require_folder(path)
    wanted = "the folder of an index, as index build writes"
    require((path / MANIFEST).is_file(), "index", path, wanted)
    found = io.read_object(path / MANIFEST, "index")
    return as_manifest(found, path / MANIFEST)


def as_manifest(found: io.Record, source: object) -> Manifest:
    """What was read as a manifest.

    Raises:
        InputError: if it is none, or one of a newer format.
    """
    version = found.get("format")
    got, wanted = f"{source} of format {version}", "which this version reads"
    require(version == FORMAT, "index", got, f"format {FORMAT}, {wanted}")
    # Indexes that were written before there were these do not have their keys.
    found = {**Manifest._field_defaults, **found}
    wanted = "the manifest of an index"
    require(_is_manifest(found), "index", f"{source}, damaged", wanted)
    return Manifest(**found)


def with_pictures(
    manifest: Manifest, folder: Path | None
) -> tuple[Manifest, int | None]:
    """A manifest with a folder of pictures, and its number; of no folder None."""
    if folder is None:
        return manifest, None
    name, known = str(folder.resolve()), manifest.pictures
    folders = known if name in known else [*known, name]
    return manifest._replace(pictures=folders), folders.index(name)


def _is_manifest(found: io.Record) -> bool:
    """Whether every value is of its kind, and every name that of a file of an index."""
    counts = ("generation", "bits", "next_id")
    lists = ("modalities", "classes", "pictures")
    return (
        set(found) == set(Manifest._fields)
        and all(_is_count(found[name]) for name in counts)
        and all(_are_names(found[name]) for name in lists)
        and set(found["modalities"]) <= set(MODALITIES)
        and isinstance(found["encoder"], str)
        and isinstance(found["segments"], list)
        and all(map(_is_segment, found["segments"]))
        and _are_alike(found["segments"], found["modalities"])
        and (found["removed"] is None or _is_named(found["removed"], _REMOVED_FILE))
        and (found["engine"] is None or _is_engine(found["engine"], found))
        and (found["encoder_files"] is None or _are_files(found["encoder_files"]))
    )


def _is_segment(part: Any) -> bool:
    return (
        isinstance(part, dict)
        and set(part) == {"name", "rows", "files"}
        and re.fullmatch(r"\d{8,}", str(part["name"])) is not None
        and isinstance(part["name"], str)
        and _is_count(part["rows"])
        and isinstance(part["files"], dict)
        and "ids.npy" in part["files"]
        and set(part["files"]) <= segment.FILES
        and all(_is_file(*file) for file in part["files"].items())
    )


def _are_alike(parts: list[Any], modalities: list[str]) -> bool:
    """Whether all segments have codes of all modalities, and relaxed ones or none."""
    known = {f"{kind}{m}.npy" for m in MODALITIES for kind in ("", "relaxed_")}
    codes = {f"{m}.npy" for m in modalities}
    both = codes | {f"relaxed_{m}.npy" for m in modalities}
    found = [known.intersection(part["files"]) for part in parts]
    return any(all(files == wanted for files in found) for wanted in (codes, both))


def _is_named(part: Any, pattern: str) -> bool:
    return (
        isinstance(part, dict)
        and set(part) == {"name", "facts"}
        and isinstance(part["name"], str)
        and re.fullmatch(pattern, part["name"]) is not None
        and _is_file(part["name"], part["facts"])
    )


def _is_engine(part: Any, found: io.Record) -> bool:
    return (
        isinstance(part, dict)
        and set(part) == {"kind", "lists", "probes", "seed", "next_id", "files"}
        and part["kind"] == "faiss-ivf"
        and all(part[x] is None or _is_count(part[x]) for x in ("lists", "probes"))
        and all(_is_count(part[x]) for x in ("seed", "next_id"))
        and isinstance(part["files"], dict)
        and set(part["files"]) == set(found["modalities"])
        and all(_is_named(x, _ENGINE_FILE) for x in part["files"].values())
    )


def _are_files(files: Any) -> bool:
    return isinstance(files, dict) and all(
        re.fullmatch(_ENCODER_FILE, name) is not None and _is_file(name, facts)
        for name, facts in files.items()
    )


def _is_file(name: str, facts: Any) -> bool:
    if not isinstance(facts, dict) or not _is_count(facts.get("bytes")):
        return False
    array = isinstance(facts.get("dtype"), str) and isinstance(facts.get("shape"), list)
    return isinstance(facts.get("sha256"), str) and (array or not name.endswith(".npy"))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _are_names(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(x, str) for x in values)
