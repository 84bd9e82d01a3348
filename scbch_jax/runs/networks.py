"""The hash networks of a trained run, and the id of the encoder they belong to."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, UInt8

from scbch_jax import io, training
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.config.experiment import encoding_options
from scbch_jax.errors import InputError, require
from scbch_jax.methods import Recipe
from scbch_jax.runs.opening import (
    read_extractors,
    read_sizes,
    saved_params,
    saved_recipe,
    state_shapes,
)


class HashNetworks(NamedTuple):
    """Both hash networks, from features to codes."""

    experiment: Experiment
    recipe: Recipe
    params: Any

    def widths(self) -> dict[str, int]:
        """Columns of the features of each modality."""
        sizes = self.recipe.sizes
        return {"image": sizes.image_dim, "text": sizes.text_dim}

    def encode(self, modality: str, features: Any) -> UInt8[np.ndarray, "rows bytes"]:
        """Packed codes of features, [rows, width]."""
        return self._apply(training.encode_features, modality, features)

    def relaxed_codes(
        self, modality: str, features: Any
    ) -> Float[np.ndarray, "rows bits"]:
        """Relaxed codes of features, [rows, width]."""
        return self._apply(training.relaxed_codes, modality, features)

    def _apply(self, encode: Any, modality: str, features: Any) -> np.ndarray:
        with jax.default_matmul_precision(self.experiment.training.precision):
            codes = encode(
                self.params,
                self.experiment.hparams,
                features,
                modality=modality,
                recipe=self.recipe,
            )
            return np.asarray(codes)


class TrainedRun(NamedTuple):
    """A trained run, opened to encode."""

    path: Path
    seed: int | None
    networks: HashNetworks
    extractors: dict[str, str]
    """What made its features, by modality; see `read_extractors`."""
    id: str
    """Id of its encoder."""

    def __reduce__(self) -> Any:
        """Other processes get a run by its path, and open it once each."""
        return _open_same, (self.path.absolute(), self.seed, self.id)


def open_run(path: Path, *, seed: int | None = None) -> TrainedRun:
    """Opens a trained run, of its first seed by default.

    Raises:
        InputError: if the folder holds no such run.
    """
    networks = HashNetworks(*saved_params(path, seed=seed))
    extractors = read_extractors(path)
    return TrainedRun(
        path, seed, networks, extractors, encoder_id(networks, extractors)
    )


def encoder_id(networks: HashNetworks, extractors: Mapping[str, str]) -> str:
    """The id of an encoder: SHA-256 of all that decides the code of an input.

    Indexes and searches refuse codes of another id.

    Args:
        networks: of a trained run.
        extractors: name of the image feature network with its crop and the checksum of
            its weights, and SHA-256 of the text model or the name of a pretrained
            network, where they are known.
    """
    experiment = networks.experiment
    facts = {
        "method": experiment.method,
        "networks": params_sha256(networks.params),
        "precision": experiment.training.precision,
        "extractors": dict(extractors),
        **encoding_options(experiment.method, experiment.options),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def describe_networks(networks: HashNetworks) -> io.Record:
    """What `restore_networks` needs beside the arrays, as JSON."""
    options = experiment_file.flatten(networks.experiment)
    return {"options": options, "sizes": networks.recipe.sizes._asdict()}


def restore_networks(
    record: io.Record, arrays: Mapping[str, np.ndarray], source: Path
) -> HashNetworks:
    """The networks that were described and whose arrays were saved by their names.

    Args:
        record: from `describe_networks`.
        arrays: from `named_arrays`.
        source: file of the record, for messages.

    Raises:
        InputError: if the arrays are not those of such networks.
    """
    options = record.get("options")
    if not isinstance(options, dict):
        raise InputError(f"options in {source}: got {options}, wanted those of a run")
    experiment = experiment_file.restore(options)
    recipe = saved_recipe(experiment, read_sizes(source, record))
    like = state_shapes(experiment, recipe).params
    names = {path_name(path) for path, _ in jax.tree_util.tree_leaves_with_path(like)}
    got = ", ".join(sorted(names ^ arrays.keys())[:3])
    require(not got, "networks", f"{got} missing or unknown", f"those of {source}")

    def leaf(path: Any, shape: Any) -> jax.Array:
        name = path_name(path)
        array = arrays[name]
        got, wanted = (f"{x.dtype} {tuple(x.shape)}" for x in (array, shape))
        require(got == wanted, f"{name} in {source.parent}", got, wanted)
        return jnp.asarray(array)

    params = jax.tree_util.tree_map_with_path(leaf, like)
    return HashNetworks(experiment, recipe, params)


def params_sha256(params: Any) -> str:
    """SHA-256 of names, types, shapes and values of all arrays."""
    digest = hashlib.sha256()
    for name, array in named_arrays(params).items():
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def named_arrays(params: Any) -> dict[str, np.ndarray]:
    """The arrays of nested params by their paths, such as image/classifier."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {path_name(path): np.asarray(array) for path, array in leaves}


def path_name(path: Any) -> str:
    """The path of an array in nested params, in words."""
    return jax.tree_util.keystr(path, simple=True, separator="/")


@lru_cache(maxsize=1)
def _open_same(path: Path, seed: int | None, encoder: str) -> TrainedRun:
    """Opens a run whose encoder has that id."""
    found = open_run(path, seed=seed)
    got = f"{path}, which was trained again meanwhile"
    require(found.id == encoder, "run", got, "the run as it was")
    return found
