"""`scbch convert`: weights between PyTorch, safetensors and runs."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from scbch_jax import networks, runs
from scbch_jax.cli import console
from scbch_jax.cli.options.torch_commands import Convert
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.errors import InputError, require
from scbch_jax.networks import weight_files
from scbch_jax.networks.weight_files import States


def main(options: Convert) -> None:
    """Reads the source's weights, accounts for every name, and writes the target."""
    if options.source.is_dir():
        plan, _, params = runs.saved_params(options.source, seed=options.seed)
        _require_scbch("source", plan)
    else:
        params = params_of(weight_files.read_states(options.source, options.text))
    if options.target.suffix:
        states = {m: networks.to_torch(params[m], m) for m in params}
        weight_files.write_states(options.target, states)
    else:
        base = experiment_file.load(options.config) if options.config else Experiment()
        _require_scbch("config", base)
        runs.write_params(options.target, experiment_of(params, base), params)
    weights = sum(x.size for x in jax.tree.leaves(params))
    console.say(
        f"{options.target}: {weights} weights, every name and shape accounted for"
    )


def _require_scbch(field: str, plan: Experiment) -> None:
    """PyTorch's names are agreed on for SCBCH's weights alone."""
    require(plan.method == "scbch", field, f"a run of {plan.method}", "one of scbch")


def params_of(states: States) -> Any:
    """The params of both modalities.

    Raises:
        InputError: if a name is missing or left over, or shapes do not fit together.
    """
    try:
        params = {m: networks.from_torch(state, m) for m, state in states.items()}
    except ValueError as error:
        wanted = "every name once and shapes of such networks"
        raise InputError(f"source: got {error}, wanted {wanted}") from error
    return jax.tree.map(jnp.asarray, params)


def experiment_of(params: Any, base: Experiment) -> Experiment:
    """The options that weights of these shapes imply; the others are those of `base`.

    Raises:
        InputError: if no options give networks of these shapes.
    """
    try:
        hidden = networks.hidden_width(params)
    except ValueError as error:
        raise InputError(f"source: got {error}, wanted one width") from error
    options = replace(
        base.options,
        hidden=hidden,
        image_layers=len(params["image"]["network"]),
        text_layers=len(params["text"]["network"]),
    )
    bits = params["image"]["classifier"].shape[0]
    return replace(base, bits=bits, options=options)
