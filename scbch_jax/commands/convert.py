"""`scbch convert`: weights between PyTorch, safetensors and runs."""

from typing import Any

import jax
import jax.numpy as jnp

from scbch_jax import networks, run_folder, weight_files
from scbch_jax.checks import InputError
from scbch_jax.commands import show
from scbch_jax.settings import Experiment, scbch
from scbch_jax.settings.commands import Convert
from scbch_jax.weight_files import States


def main(options: Convert) -> None:
    """Reads the source's weights, accounts for every name, and writes the target."""
    if options.source.is_dir():
        params = run_folder.saved_params(options.source, seed=options.seed)[2]
    else:
        params = params_of(weight_files.read_states(options.source, options.text))
    if options.target.suffix:
        states = {m: networks.to_torch(params[m], m) for m in params}
        weight_files.write_states(options.target, states)
    else:
        run_folder.write_params(options.target, experiment_of(params), params)
    weights = sum(x.size for x in jax.tree.leaves(params))
    show.say(f"{options.target}: {weights} weights, every name and shape accounted for")


def params_of(states: States) -> Any:
    """The params of both modalities.

    Raises:
        InputError: if a name is missing or left over, or shapes do not fit together.
    """
    try:
        params = {m: networks.from_torch(state, m) for m, state in states.items()}
    except ValueError as error:
        raise InputError(f"source: got {error}, wanted every name once") from error
    return jax.tree.map(jnp.asarray, params)


def experiment_of(params: Any) -> Experiment:
    """The options that weights of these shapes imply; the others keep their default."""
    depth = {m: len(params[m]["network"]) for m in params}
    layers = params["image"]["network"]
    return Experiment(
        bits=layers[f"layer_{depth['image'] - 1}"]["bias"].shape[0],
        options=scbch.Options(
            hidden=layers["layer_0"]["bias"].shape[0],
            image_layers=depth["image"],
            text_layers=depth["text"],
        ),
    )
