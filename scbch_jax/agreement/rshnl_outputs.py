"""RSHNL: its objective with and without weighted rows, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from scbch_jax import losses, networks
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.config.rshnl import HParams, Options
from scbch_jax.methods import Recipe, rshnl

VARIABLES = ("image_codes", "text_codes", "centers")


NAMES = {"age": "pace_threshold"}
"""Keys of a file, and the hyperparameters that they are."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    labels = jnp.asarray(arrays["labels"])
    hp = replay.numbers(arrays, HParams, NAMES)
    variables = {k: jnp.asarray(arrays[k]) for k in VARIABLES}
    for pacing in ("none", "linear", "hard"):
        options = Options(pacing=pacing)
        objective = losses.weighted_sum(rshnl.terms(hp, options))

        def inputs(v: dict[str, Any], options: Options = options) -> Any:
            codes = v["image_codes"], v["text_codes"], v["centers"]
            return rshnl.term_inputs(*codes, labels, jnp.asarray(True), hp, options)

        def loss(v: dict[str, Any], inputs: Any = inputs, of: Any = objective) -> Any:
            return of(inputs(v))[0]

        title = f"objective, pacing {pacing}"
        yield from replay.compare_loss(
            arrays, title, loss, variables, output=f"exp_{pacing}"
        )
        if pacing != "none":
            recorded = arrays[f"exp_{pacing}_weights"]
            weights = inputs(variables).weights
            yield compare(f"weights, {pacing}", weights, recorded, kind="confidence")


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    found = replay.network_params(arrays)
    hp = replay.numbers(arrays, HParams, NAMES)
    centers = networks.layers_from_torch(replay.network_state(arrays, "init_gen."))
    params = {m: {"network": x} for m, x in {**found, "centers": centers}.items()}
    train = replay.train_set(arrays)
    sizes = replay.sizes_of(train, centers["layer_2"]["kernel"].shape[1])
    warmup = int(arrays["warmup_epochs"])
    options = Options(**replay.depths(found), warmup_epochs=warmup)
    recipe = Recipe("rshnl", sizes, options, int(arrays["batch_size"]))
    state = rshnl.RshnlState(jnp.int32(0), jnp.ones(sizes.samples))
    run = replay.started(recipe.build(hp), params, state)
    run, log, weights = replay.trained(
        arrays, run, hp, recipe, observe=lambda s: s.confidence
    )
    paced, recorded = np.array(weights)[warmup:], arrays["exp_weights"]
    yield compare("weights", paced, recorded, kind="parameters")
    yield StepLosses(log["total"], arrays["exp_loss"])
    yield from replay.compare_steps("total", log["total"], arrays["exp_loss"])
    final = {m: run.params[m]["network"] for m in found}
    yield from replay.compare_networks(arrays, final)
    layers = networks.layers_to_torch(run.params["centers"]["network"])
    for name, layer in layers.items():
        recorded = arrays[f"exp_final_gen.{name}"]
        yield compare(f"final gen.{name}", layer, recorded, kind="parameters")


KIND = Kind(frozenset({"labels", "age", "exponent"}), _losses, run=_run)
