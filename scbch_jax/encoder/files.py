"""An encoder as a folder; nothing that is read can run code."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from scbch_jax import features, index, io, runs
from scbch_jax.encoder.encoder import Encoder, PictureNetwork
from scbch_jax.errors import InputError, require
from scbch_jax.networks import weight_files

FORMAT = 1
RECORD, NETWORKS, EXPECTED = (
    "encoder.json",
    "networks.safetensors",
    "probes.safetensors",
)


def write_encoder(
    folder: Path, encoder: Encoder, *, copy_weights: bool = False
) -> None:
    """Writes an encoder.

    Args:
        folder: which is made.
        encoder: what is written.
        copy_weights: whether weights are copied, of the image feature network or a
            pretrained network; by default their path is noted.

    Raises:
        InputError: if a file cannot be written.
    """
    folder.mkdir()
    _write_arrays(folder / NETWORKS, runs.named_arrays(encoder.networks.params))
    _write_arrays(folder / EXPECTED, encoder.expected)
    if isinstance(encoder.text_model, features.SavedModel):
        features.save_text_model(folder / "text", encoder.text_model)
    weights = encoder.weights
    copied = weights is not None and copy_weights
    if weights is not None and copied:
        _copy_weights(weights, folder)
    noted = str(weights.absolute()) if weights and not copied else None
    record = {
        "format": FORMAT,
        "id": encoder.id,
        "takes": list(encoder.takes),
        "extractors": dict(encoder.extractors),
        "weights": noted,
        **runs.describe_networks(encoder.networks),
    }
    io.write_json(folder / RECORD, record)


def _copy_weights(weights: Path, folder: Path) -> None:
    if weights.is_file():
        shutil.copyfile(weights, folder / f"weights{weights.suffix}")
        return
    for path in features.files_of(weights):
        copy = folder / "network" / path.relative_to(weights)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def open_encoder(path: Path, *, weights: Path | None = None) -> Encoder:
    """Opens the encoder of an index.

    Args:
        path: the folder of the index.
        weights: of the network, if they are not where they were.

    Raises:
        InputError: if the index has none, or what it has is damaged or of another id
            than the codes of the index.
    """
    manifest = index.Index(path).manifest
    wanted = f"one of index build RUN PICTURES; {path} is searched by codes and items"
    require((path / "encoder").is_dir(), "encoder", f"no encoder in {path}", wanted)
    found = read_encoder(path / "encoder", weights=weights)
    got, wanted = f"{found.id[:12]} in {path}", f"{manifest.encoder[:12]} as its codes"
    require(found.id == manifest.encoder, "encoder", got, wanted)
    return found


def read_encoder(folder: Path, *, weights: Path | None = None) -> Encoder:
    """Opens the folder of an encoder; weights of networks are read when they are used.

    Args:
        folder: as `write_encoder` writes it.
        weights: of the network, if they are not where they were.

    Raises:
        InputError: if a part is missing, damaged or of another encoder.
    """
    path = folder / RECORD
    record = io.read_object(path, "encoder")
    _check(record, path)
    arrays, extractors = _read_arrays(folder / NETWORKS), record["extractors"]
    networks = runs.restore_networks(record, arrays, path)
    weights = _weights(folder, record, weights)
    found = runs.encoder_id(networks, extractors)
    got = f"{folder} of {found[:12]}"
    require(found == record["id"], "encoder", got, f"{record['id'][:12]} as {path}")
    encoder = Encoder(
        networks,
        found,
        extractors,
        _text_model(folder / "text", record, weights),
        _network(record, weights),
        _read_arrays(folder / EXPECTED),
    )
    _check_codes(encoder, folder / EXPECTED)
    return encoder


def _check(record: io.Record, path: Path) -> None:
    version = record.get("format")
    wanted = f"format {FORMAT}, which this version reads"
    require(version == FORMAT, "encoder", f"{path} of format {version}", wanted)
    takes, extractors = record.get("takes"), record.get("extractors")
    known = {"image", "text"}
    fits = (
        isinstance(record.get("id"), str)
        and isinstance(extractors, dict)
        and set(extractors) <= known
        and all(isinstance(name, str) for name in extractors.values())
        and isinstance(takes, list)
        and all(isinstance(m, str) and m in extractors for m in takes)
        and isinstance(record.get("weights"), str | None)
    )
    require(fits, "encoder", f"{path}, damaged", "the record of an encoder")


def _weights(folder: Path, record: io.Record, given: Path | None) -> Path | None:
    """The weights: given, copied, or where they were."""
    weighty = any(map(features.has_weights, record["extractors"].values()))
    wanted = "none: the encoder has no network with weights"
    require(weighty or not given, "weights", given, wanted)
    copied = next(iter(sorted(folder.glob("weights.*"))), None)
    if (folder / "network").is_dir():
        copied = folder / "network"
    noted = Path(record["weights"]) if record["weights"] else None
    return given or copied or noted


def _text_model(
    folder: Path, record: io.Record, weights: Path | None
) -> features.TextModel | None:
    name = record["extractors"].get("text", "")
    if features.is_pretrained(name):
        return features.TextNetwork(name, weights) if weights else None
    if "text" not in record["takes"]:
        return None
    model = features.load_text_model(folder)
    same = features.model_sha256(model) == name
    require(same, "encoder", f"{folder}, changed", "the text model as it was written")
    return model


def _network(record: io.Record, weights: Path | None) -> PictureNetwork | None:
    """The image feature network, with its weights."""
    name = record["extractors"].get("image", "")
    if not features.has_weights(name):
        return PictureNetwork(name) if "image" in record["takes"] else None
    return PictureNetwork(name, weights) if weights else None


def _check_codes(encoder: Encoder, path: Path) -> None:
    for modality, codes in encoder.expected.items():
        ok = codes.ndim == 2 and codes.shape[1] == encoder.bits
        ok = ok and codes.dtype == np.float32 and modality in ("image", "text")
        got = f"{modality}, {codes.dtype} of shape {codes.shape}, in {path}"
        require(ok, "encoder", got, f"codes of {encoder.bits} bits")


def _write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    from safetensors.numpy import save

    with io.replacing(path) as file:
        file.write(save({k: np.ascontiguousarray(a) for k, a in arrays.items()}))


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    wanted = "the folder of an encoder, complete"
    require(path.is_file(), "encoder", f"no file {path}", wanted)
    try:
        return weight_files.read_named(path)
    except InputError as error:
        raise InputError(f"encoder: got {path}, damaged, wanted {wanted}") from error
