"""`scbch encode`: features to packed hash codes."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import jax
import numpy as np

from scbch_jax import data, datasets, runs, training
from scbch_jax.cli import console
from scbch_jax.cli.options.code_commands import Encode
from scbch_jax.config import Experiment
from scbch_jax.data import formats, store
from scbch_jax.errors import require
from scbch_jax.methods import Recipe

KEPT = ("labels", "rows", "names")
"""What stands beside codes if it is known: rows are those of the store."""


def main(options: Encode) -> None:
    """Encodes a file's features, or a part of the run's own data, and writes an npz."""
    plan, recipe, params = runs.saved_params(options.run, seed=options.seed)
    out = options.out.absolute()
    require(out.suffix == ".npz", "out", options.out, "a file ending in .npz")
    fits = out.parent.is_dir() and not out.is_dir()
    require(fits, "out", options.out, "a file in a folder that exists")
    arrays = (
        _own_part(options, plan) if options.features is None else _from_file(options)
    )
    codes = _encode(arrays, plan, recipe, params)
    codes |= {name: arrays[name] for name in KEPT if name in arrays}
    partial = options.out.with_suffix(".tmp.npz")
    np.savez(partial, **codes)
    os.replace(partial, options.out)
    shapes = ", ".join(f"{name} {array.shape}" for name, array in codes.items())
    console.say(f"{options.out}: {shapes}; {recipe.sizes.bits} bits a code")


def _encode(
    arrays: dict[str, Any], plan: Experiment, recipe: Recipe, params: Any
) -> dict[str, Any]:
    widths = {"image": recipe.sizes.image_dim, "text": recipe.sizes.text_dim}
    codes = {}
    with jax.default_matmul_precision(plan.training.precision):
        for modality, width in widths.items():
            if modality not in arrays:
                continue
            rows = data.check_features(modality, arrays[modality], width=width)
            codes[modality] = np.asarray(
                training.encode_features(
                    params, plan.hparams, rows, modality=modality, recipe=recipe
                )
            )
    return codes


def _own_part(options: Encode, plan: Experiment) -> dict[str, Any]:
    source = plan.data
    if options.root:
        source = dataclasses.replace(source, root=options.root)
    part = getattr(datasets.load(source).dataset, options.part)._asdict()
    part["labels"] = part["labels"].astype(np.uint8)
    if source.name == "store":
        part["rows"] = getattr(store.read(Path(source.root)).rows, options.part)
    return part


def _from_file(options: Encode) -> dict[str, Any]:
    assert options.features is not None
    keys = {"image": options.image_key, "text": options.text_key}
    there = formats.array_names(options.features)
    found = {m: key for m, key in keys.items() if key in there}
    require(
        bool(found),
        "features",
        f"{options.features} with {', '.join(there) or 'no named arrays'}",
        f"an array {options.image_key} or {options.text_key} "
        "(--image-key and --text-key name others)",
    )
    arrays = {m: formats.read_array(options.features, key) for m, key in found.items()}
    rows = {m: len(array) if array.ndim else 0 for m, array in arrays.items()}
    came = ", ".join(f"{n} of {m}" for m, n in rows.items())
    require(len(set(rows.values())) == 1, "rows", came, "as many: rows that align")
    if "names" in there:
        names = formats.read_array(options.features, "names")
        # As features images writes them; whatever else is called so stays out.
        arrays |= {"names": names} if names.dtype.kind == "U" else {}
    return arrays
