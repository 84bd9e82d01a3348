"""`scbch encode`: features to packed hash codes."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.config.constraints import at_least, check_fields, optional
from scbch_jax.errors import require


@dataclass(frozen=True)
class Encode:
    """Compute packed hash codes of features with the weights of a trained run."""

    run: tyro.conf.Positional[Path]
    """Folder that train wrote."""
    features: Path | None = None
    """File of features to encode; by default the run's own data are encoded."""
    image_key: str = "image"
    """Name of the array of image features in the file."""
    text_key: str = "text"
    """Name of the array of text features in the file."""
    part: Literal["query", "database", "train"] = "database"
    """Part of the run's own data to encode."""
    root: str = ""
    """Data root of the run, if its data were moved since it was trained."""
    seed: Annotated[int | None, optional(at_least(0, 2**32 - 1))] = None
    """Seed of the run whose weights are used; by default the first."""
    relaxed: bool = False
    """Also write the relaxed codes, by which evaluate and search can rank:
    relaxed_image and relaxed_text, float32 [n, bits]."""
    out: Path = Path("codes.npz")
    """File to write: image and text, uint8 [n, bits / 8]; labels, and classes, the
    names of their columns, if known; and encoder, the id of the networks."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        got = f"{self.root} with a file of features"
        allowed = not self.root or self.features is None
        require(allowed, "root", got, "none: this option is for the run's own data")


COPIED = ("labels", "classes", "rows", "names")
"""Arrays that go with the codes into the output; rows are those of the store."""


def main(options: Encode) -> None:
    """Encodes the features of a file, or a part of the run's own data."""
    import numpy as np

    from scbch_jax import runs
    from scbch_jax.runs import coding

    io.require_writable("out", options.out, ".npz")
    run = runs.open_run(options.run, seed=options.seed)
    if options.features is None:
        arrays = _part_of_run(options, run)
    else:
        arrays = _read_features(options, options.features)
        coding.require_extractors(run, _made_by(options.features), options.features)
    codes = _codes(run.networks, arrays, relaxed=options.relaxed)
    codes |= {name: arrays[name] for name in COPIED if name in arrays}
    shapes = ", ".join(f"{name} {array.shape}" for name, array in codes.items())
    codes["encoder"] = np.array([run.id])
    bits = run.networks.recipe.sizes.bits
    io.write_npz(options.out, **codes)
    console.output(f"{options.out}: {shapes}; codes of {bits} bits")


def _codes(networks: Any, arrays: dict[str, Any], *, relaxed: bool) -> dict[str, Any]:
    """Packed codes of the modalities that are there; relaxed ones, too, if asked for.

    Of streamed runs a few rows are on the device at once.
    """
    import numpy as np

    from scbch_jax import data

    streamed, codes = networks.experiment.training.features == "stream", {}
    encode = networks.relaxed_codes if relaxed else networks.encode
    for modality, width in networks.widths().items():
        if modality not in arrays:
            continue
        rows = data.check_features(modality, arrays[modality], width=width)
        block = STREAMED_ROWS if streamed else len(rows)
        starts = range(0, len(rows), block)
        blocks = [encode(modality, rows[i : i + block]) for i in starts]
        codes[modality] = np.concatenate(blocks)
    if not relaxed:
        return codes
    packed = {m: np.packbits(code > 0, axis=1) for m, code in codes.items()}
    return packed | {f"relaxed_{m}": code for m, code in codes.items()}


STREAMED_ROWS = 2048
"""Rows on the device at once, of a run whose features are streamed."""


def _part_of_run(options: Encode, run: Any) -> dict[str, Any]:
    import numpy as np

    from scbch_jax import datasets
    from scbch_jax.data import store
    from scbch_jax.runs import coding

    source = run.networks.experiment.data
    if options.root:
        source = dataclasses.replace(source, root=options.root)
    loaded = datasets.load(source)
    coding.require_extractors(run, loaded.extractors, source.root)
    part = getattr(loaded.dataset, options.part)._asdict()
    part["labels"] = part["labels"].astype(np.uint8)
    names, columns = datasets.class_names(source), part["labels"].shape[1]
    if names:
        wanted = f"{columns}, one for each column of the labels"
        require(len(names) == columns, "classes", f"{len(names)} names", wanted)
        part["classes"] = np.array(names)
    if source.name == "store":
        part["rows"] = getattr(store.read(Path(source.root)).rows, options.part)
    return part


def _made_by(path: Path) -> dict[str, str]:
    """What made the features in a file, by modality, where the file says so."""
    from scbch_jax.data import formats

    found = {}
    for modality in ("image", "text"):
        name = f"{modality}_extractor"
        if name in formats.array_names(path):
            array = formats.read_array(path, name)
            one = array.shape == (1,) and array.dtype.kind == "U"
            got = f"{array.dtype} of shape {array.shape} in {path}"
            require(one, name, got, "one text, as features writes it")
            found[modality] = str(array[0])
    return found


def _read_features(options: Encode, path: Path) -> dict[str, Any]:
    from scbch_jax.data import formats

    keys = {"image": options.image_key, "text": options.text_key}
    names = formats.array_names(path)
    found = {m: key for m, key in keys.items() if key in names}
    got = f"{path} with {', '.join(names) or 'no named arrays'}"
    wanted = f"an array {options.image_key} or {options.text_key}"
    wanted += " (--image-key and --text-key name others)"
    require(bool(found), "features", got, wanted)
    arrays = {m: formats.read_array(path, key) for m, key in found.items()}
    rows = {m: len(array) if array.ndim else 0 for m, array in arrays.items()}
    got = ", ".join(f"{n} of {m}" for m, n in rows.items())
    require(len(set(rows.values())) == 1, "rows", got, "the same number of both")
    if "names" in names:
        file_names = formats.read_array(path, "names")
        # As `features images` writes them; other arrays of that name are left out.
        arrays |= {"names": file_names} if file_names.dtype.kind == "U" else {}
    return arrays
