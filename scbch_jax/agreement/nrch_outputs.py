"""NRCH: the robust loss, the selection of clean rows, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.config.nrch import HParams, Options
from scbch_jax.methods import Recipe, nrch

VARIABLES = ("image_codes", "text_codes")


NAMES = {"lr": "learning_rate"}
"""Keys of a file, and the hyperparameters that they are."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    labels = jnp.asarray(arrays["labels"])
    all_terms = nrch.terms(replay.numbers(arrays, HParams, NAMES), Options())
    robust = {k: all_terms[k] for k in ("ranking", "quantization")}
    objective = losses.weighted_sum(robust)
    prototypes = jnp.asarray(arrays["prototypes"])
    all_rows = jnp.ones(len(labels), bool)

    def loss(variables: dict[str, Any]) -> Any:
        codes = variables["image_codes"], variables["text_codes"]
        return objective(nrch.term_inputs(*codes, prototypes, labels, all_rows))[0]

    variables = {k: jnp.asarray(arrays[k]) for k in VARIABLES}
    yield from replay.compare_loss(
        arrays, "ranking and quantization", loss, variables, output="exp_robust"
    )
    rows = [jnp.asarray(arrays[f"rows_{k}"]) for k in ("image", "text", "labels")]
    scores = losses.max_own_prototype_distance(*rows[:2], jnp.tanh(prototypes), rows[2])
    scaled = nrch.min_max_scaled(scores)
    yield compare("distances", scaled, arrays["exp_spread"], kind="codes")
    kept = losses.low_mean_posterior(scaled) >= float(arrays["threshold"])
    yield compare("rows kept", kept, arrays["exp_kept"], kind="rows kept")


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    networks = replay.network_params(arrays)
    hp = replay.numbers(arrays, HParams, NAMES)
    params = {m: {"network": layers} for m, layers in networks.items()}
    params["image"]["prototypes"] = jnp.asarray(arrays["init_img.W"])
    train = replay.train_set(arrays)
    sizes = replay.sizes_of(train, arrays["init_img.W"].shape[1])
    options = Options(**replay.depths(networks))
    recipe = Recipe("nrch", sizes, options, int(arrays["batch_size"]))
    all_rows = jnp.ones(sizes.samples)
    state = nrch.NrchState(jnp.int32(0), all_rows, jnp.asarray(True))
    run = replay.started(recipe.build(hp), params, state)
    run, log, kept = replay.trained(
        arrays, run, hp, recipe, observe=lambda s: s.confidence >= hp.threshold
    )
    first = options.selection_start_epoch - 1
    computed, recorded = np.array(kept)[first:], arrays["exp_kept"][first:]
    yield compare("rows kept", computed, recorded, kind="rows kept")
    yield StepLosses(log["total"], arrays["exp_loss"])
    yield from replay.compare_steps("total", log["total"], arrays["exp_loss"])
    final = {m: run.params[m]["network"] for m in networks}
    yield from replay.compare_networks(arrays, final)
    prototypes = run.params["image"]["prototypes"]
    recorded = arrays["exp_final_img.W"]
    yield compare("final prototypes", prototypes, recorded, kind="parameters")


KIND = Kind(frozenset({"labels", "ranking_weight", "threshold"}), _losses, run=_run)
