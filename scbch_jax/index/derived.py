"""The approximate engine of an index: files that are derived from its segments."""

from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import io
from scbch_jax.errors import InputError
from scbch_jax.index import ivf, segment
from scbch_jax.index.manifest import Manifest
from scbch_jax.index.segment import Segment

FOLDER = "engines"
KIND = "faiss-ivf"


def with_engine(
    path: Path,
    manifest: Manifest,
    segments: list[Segment],
    removed: Any,
    *,
    lists: int | None,
    probes: int | None,
    seed: int,
) -> Manifest:
    """Builds the engine of each modality from the living rows, and writes its file.

    Returns:
        The manifest that names the files; it is not committed.
    """
    files = {}
    for modality in manifest.modalities:
        codes, ids = living_codes(segments, removed, modality)
        name = f"{KIND}-{manifest.generation:08d}-{modality}.bin"
        content = ivf.build(codes, ids, lists=lists, probes=probes, seed=seed)
        (path / FOLDER).mkdir(exist_ok=True)
        with io.replacing(path / FOLDER / name) as file:
            file.write(content.tobytes())
        facts = segment.describe(path / FOLDER / name)
        files[modality] = {"name": name, "facts": facts}
    engine = {"kind": KIND, "lists": lists, "probes": probes, "seed": seed}
    held = {"next_id": manifest.next_id, "files": files}
    return manifest._replace(engine={**engine, **held})


def map_engine(path: Path, manifest: Manifest) -> dict[str, np.memmap]:
    """The file of each modality, mapped: it stays when a writer deletes it.

    Raises:
        InputError: if a file is missing or empty.
    """
    return {
        modality: _map(path / FOLDER / file["name"])
        for modality, file in manifest.engine["files"].items()
    }


def read_engine(mapped: dict[str, np.memmap], manifest: Manifest, modality: str) -> Any:
    """FAISS's index of a modality, of the files that are mapped.

    Raises:
        InputError: if FAISS is not installed, or the file is damaged.
    """
    return ivf.read(mapped[modality], manifest.engine["files"][modality]["facts"])


def _map(file: Path) -> np.memmap:
    try:
        return np.memmap(file, np.uint8, mode="r")
    except (OSError, ValueError) as error:
        wanted = "a file of the approximate engine"
        raise InputError(f"index: got {file}, damaged; wanted {wanted}") from error


def files_of(manifest: Manifest) -> dict[str, io.Record]:
    """Name and facts of each file of the engine; none if the index has no engine."""
    files = [] if manifest.engine is None else manifest.engine["files"].values()
    return {file["name"]: file["facts"] for file in files}


def living_codes(
    segments: list[Segment], removed: Any, modality: str
) -> tuple[np.ndarray, np.ndarray]:
    """Packed codes and ids of the rows that are not removed."""
    living = [~np.isin(part.ids, removed) for part in segments]
    pairs = list(zip(segments, living, strict=True))
    codes = np.concatenate([part.codes[modality][rows] for part, rows in pairs])
    return codes, np.concatenate([part.ids[rows] for part, rows in pairs])
