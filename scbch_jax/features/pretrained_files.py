"""Pretrained networks in the format of Hugging Face `transformers`, as folders.

A folder holds config.json, weights as safetensors, and the settings of preprocessing.
Nothing in it is executed, and no other weights are read: pickled ones could run code.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from scbch_jax import io
from scbch_jax.data.formats.numpy_files import checksum
from scbch_jax.errors import InputError, first_line, require
from scbch_jax.extras import import_optional, require_packages

TRANSFORMERS = "transformers "
"""How the name of such a network begins."""

MIXED = ", mixed precision"
"""How the name of one ends that computes in bfloat16."""

WEIGHTS, SHARDS = "model.safetensors", "model.safetensors.index.json"

SETTINGS = (".json", ".txt", ".model")
"""Endings of the files beside the weights: configuration, preprocessing, vocabulary."""

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
"""Endings of weights that are never read."""

NETWORKS = "vgg19, descriptor, a folder, or OWNER/NAME of Hugging Face"
"""What an option of a network takes."""

HUB_NAME = r"(\w[\w.-]*/\w[\w.-]*)(?:@([\w./-]+))?"


class PretrainedFiles(NamedTuple):
    """The files of a network, and what identifies it."""

    folder: Path
    name: str
    """Kind of the network, with the SHA-256 of its files: all that decides features."""
    given: str
    """The folder or name that was asked for."""
    weights: str
    """SHA-256 of its weights."""
    revision: str
    """Commit on Hugging Face, if the folder says it."""


def is_pretrained(name: str) -> bool:
    """Whether a recorded name of what made features is that of such a network."""
    return name.startswith(TRANSFORMERS)


def find_pretrained(
    network: str,
    *,
    mixed: bool = False,
    on_fetch: Callable[[str], None] = lambda name: None,
) -> PretrainedFiles:
    """Finds a network in a folder, or fetches it by its name.

    A folder that exists is used as it is. By a name, only settings and safetensors are
    fetched, into the cache of `huggingface_hub`, which takes what is there already and
    the environment's HF_HUB_OFFLINE, HF_ENDPOINT and HF_HOME into account.

    Args:
        network: a folder, or OWNER/NAME, or OWNER/NAME@REVISION.
        mixed: whether it is to compute in mixed precision, which is a part of its name.
        on_fetch: called with the name before it is fetched.

    Raises:
        InputError: if there is no such network, it has no weights as safetensors, or
            packages are missing.
    """
    folder = Path(network)
    found = None if folder.is_dir() else re.fullmatch(HUB_NAME, network)
    got = f"{network}, which is not a folder"
    require(folder.is_dir() or found is not None, "network", got, NETWORKS)
    require_packages(f"--network {network}", "transformers")
    if found is not None:
        on_fetch(network)
        folder = _fetch(*found.groups())
    return read_files(folder, network, mixed=mixed)


def read_files(
    folder: Path, given: str = "", *, mixed: bool = False
) -> PretrainedFiles:
    """Checks the folder of a network, and computes the checksums of its files.

    Args:
        folder: of the network.
        given: what it is called in messages and records; by default the folder.
        mixed: as for `find_pretrained`.

    Raises:
        InputError: if it is not a folder of such a network.
    """
    given = given or str(folder)
    config = folder / "config.json"
    wanted = "a network in the format of Hugging Face transformers"
    require(config.is_file(), "network", f"{given} without config.json", wanted)
    kind = io.read_object(config, "network").get("model_type")
    fits = isinstance(kind, str) and re.fullmatch(r"[\w.-]+", kind) is not None
    require(fits, "network", f"{given} with model_type {kind}", wanted)
    adapter = (folder / "adapter_config.json").is_file()
    require(
        not adapter, "network", f"{given}, an adapter", "it merged with its network"
    )
    weights = _weights(folder, given)
    sums = {path: _sha256(path) for path in (*weights, *_settings(folder))}
    one = sums[weights[0]] if len(weights) == 1 else ""
    return PretrainedFiles(
        folder=folder,
        name=f"{TRANSFORMERS}{kind}, files {_joined(folder, sums)}" + MIXED * mixed,
        given=given,
        weights=one or _joined(folder, {path: sums[path] for path in weights}),
        revision=folder.name if folder.parent.name == "snapshots" else "",
    )


def files_of(folder: Path) -> list[Path]:
    """The files that make up a network; a copy of these is the same network.

    Raises:
        InputError: if weights are missing.
    """
    return [*_weights(folder, str(folder)), *_settings(folder)]


def _fetch(name: str, revision: str | None) -> Path:
    hub = import_optional("huggingface_hub", f"--network {name}")
    patterns = [f"*{ending}" for ending in SETTINGS] + ["model*.safetensors"]
    try:
        fetched = hub.snapshot_download(
            name, revision=revision, allow_patterns=patterns
        )
        return Path(fetched)
    except Exception as error:  # of HTTP, of files, and some of its own
        reason = first_line(error)
        got = f"{name}, no folder, and not to be had from Hugging Face ({reason})"
        raise InputError(f"network: got {got}, wanted {NETWORKS}") from error


def _weights(folder: Path, given: str) -> list[Path]:
    """Files of the weights, in order of their names."""
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    pickled = sorted(p.name for p in folder.iterdir() if p.suffix in PICKLED)
    has = f" with {pickled[0]}, which could run code," if pickled else ""
    got, wanted = f"{given}{has} without {WEIGHTS}", "weights as safetensors"
    if pickled:
        wanted += " (load it where you trust it, and save_pretrained there)"
    require((folder / SHARDS).is_file(), "network", got, wanted)
    listed = io.read_object(folder / SHARDS, "network").get("weight_map")
    names = sorted(set(listed.values())) if isinstance(listed, dict) else []
    plain = all(isinstance(n, str) and Path(n).name == n for n in names)
    require(bool(names) and plain, "network", f"{folder / SHARDS}, damaged", wanted)
    lost = next((name for name in names if not (folder / name).is_file()), "")
    require(not lost, "network", f"{given} without {lost}", "all parts of its weights")
    return [folder / name for name in names]


def _settings(folder: Path) -> Iterator[Path]:
    # Modules of sentence encoders have folders such as 1_Pooling.
    for path in sorted([*folder.iterdir(), *folder.glob("[0-9]_*/config.json")]):
        if path.suffix in SETTINGS and path.is_file():
            yield path


def _sha256(path: Path) -> str:
    try:
        return checksum(path)
    except OSError as error:
        raise io.read_error(path, error) from error


def _joined(folder: Path, sums: Mapping[Path, str]) -> str:
    """SHA-256 of the names and checksums of files."""
    named = sorted((path.relative_to(folder).as_posix(), sums[path]) for path in sums)
    return hashlib.sha256(repr(named).encode()).hexdigest()
