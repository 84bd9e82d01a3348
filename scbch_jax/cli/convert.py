"""`scbch convert`: weights between PyTorch, safetensors and runs."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scbch_jax.cli import console
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.config.constraints import ChecksFields, at_least, optional
from scbch_jax.errors import InputError, require

if TYPE_CHECKING:
    from scbch_jax.networks.weight_files import States


@dataclass(frozen=True)
class Convert(ChecksFields):
    """Convert weights between PyTorch files, safetensors files and trained runs."""

    source: tyro.conf.Positional[Path]
    """A .pt or .pth state dict or checkpoint, a .safetensors file, or a run."""
    target: tyro.conf.Positional[Path]
    """A .pt, .pth or .safetensors file to write, or the folder of a new run."""
    text: Path | None = None
    """The text network's state dict, if the source is that of the image network only.
    """
    config: Path | None = None
    """Config of data and other options, if the target is a run; by default planted
    data and default options."""
    seed: Annotated[int | None, optional(at_least(0, 2**32 - 1))] = None
    """Seed of the run whose weights are converted; by default the first."""


def main(options: Convert) -> None:
    """Reads the weights, checks every name and shape, and writes them."""
    import jax

    from scbch_jax import networks, runs
    from scbch_jax.networks import weight_files

    from_run, to_file = options.source.is_dir(), bool(options.target.suffix)
    _check_unused(options, from_run, to_file)
    if to_file:
        weight_files.require_writable(options.target)
    if from_run:
        experiment, _, params = runs.saved_params(options.source, seed=options.seed)
        _require_scbch("source", experiment)
    else:
        params = params_of(weight_files.read_states(options.source, options.text))
    if to_file:
        states = {m: networks.to_torch(params[m], m) for m in params}
        weight_files.write_states(options.target, states)
    else:
        base = experiment_file.load(options.config) if options.config else Experiment()
        _require_scbch("config", base)
        runs.write_params(options.target, experiment_of(params, base), params)
    count = sum(x.size for x in jax.tree.leaves(params))
    console.output(f"{options.target}: {count} weights, every name and shape checked")


def _check_unused(options: Convert, from_run: bool, to_file: bool) -> None:
    """Refuses options that would have no effect."""
    for name, unused, case in (
        ("text", from_run, "a run as source, which has both networks"),
        ("seed", not from_run, "a file as source, which has no seeds"),
        ("config", to_file, "a file as target, which keeps no options"),
    ):
        value = getattr(options, name)
        require(value is None or not unused, name, f"{value} with {case}", "none")


def _require_scbch(field: str, experiment: Experiment) -> None:
    """Only SCBCH's weights have names in PyTorch."""
    method = experiment.method
    require(method == "scbch", field, f"a run of {method}", "one of scbch")


def params_of(states: "States") -> Any:
    """The params of both modalities from PyTorch state dicts.

    Raises:
        InputError: if a name is missing or unknown, or shapes do not fit together.
    """
    import jax
    import jax.numpy as jnp

    from scbch_jax import networks

    try:
        params = {m: networks.from_torch(state, m) for m, state in states.items()}
    except ValueError as error:
        wanted = "every name once and shapes of such networks"
        raise InputError(f"source: got {error}, wanted {wanted}") from error
    return jax.tree.map(jnp.asarray, params)


def experiment_of(params: Any, base: Experiment) -> Experiment:
    """The experiment whose networks have these shapes; other options are of `base`.

    Raises:
        InputError: if no options give networks of these shapes.
    """
    from scbch_jax import networks

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
