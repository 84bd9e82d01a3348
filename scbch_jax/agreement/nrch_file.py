"""NRCH: the robust loss, the separation of rows, and a run that leaves some out."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement import method_runs
from scbch_jax.agreement.compare import Comparison, compare
from scbch_jax.config.nrch import HParams, Options
from scbch_jax.methods import Recipe, nrch

NEEDS = frozenset({"labels", "ranking_weight", "threshold"})
ALSO_ANSWERS: tuple[str, ...] = ()
MOVING = ("image_codes", "text_codes")


def check(
    arrays: Mapping[str, np.ndarray], steps: dict[str, Any]
) -> Iterator[Comparison]:
    """Every answer of the file that is there."""
    yield from (_run if "batch_order" in arrays else _losses)(arrays, steps)


def _losses(
    arrays: Mapping[str, np.ndarray], steps: dict[str, Any]
) -> Iterator[Comparison]:
    labels = jnp.asarray(arrays["labels"])
    everything = nrch.terms(_numbers(arrays), Options())
    robust = {k: everything[k] for k in ("ranking", "quantization")}
    objective = losses.weighted_sum(robust)
    prototypes = jnp.asarray(arrays["prototypes"])
    everyone = jnp.ones(len(labels), bool)

    def loss(moving: dict[str, Any]) -> Any:
        codes = moving["image_codes"], moving["text_codes"]
        return objective(nrch.term_inputs(*codes, prototypes, labels, everyone))[0]

    moving = {k: jnp.asarray(arrays[k]) for k in MOVING}
    yield from method_runs.compare_loss(
        arrays, "ranking and quantization", loss, moving, answer="exp_robust"
    )
    rows = [jnp.asarray(arrays[f"rows_{k}"]) for k in ("image", "text", "labels")]
    scores = losses.max_own_prototype_distance(*rows[:2], jnp.tanh(prototypes), rows[2])
    spread = nrch.min_max_scaled(scores)
    yield compare("distances", spread, arrays["exp_spread"], kind="codes")
    kept = losses.low_mean_posterior(spread) >= float(arrays["threshold"])
    yield compare("rows kept", kept, arrays["exp_kept"], kind="rows kept")


def _run(
    arrays: Mapping[str, np.ndarray], steps: dict[str, Any]
) -> Iterator[Comparison]:
    networks, hp = method_runs.network_params(arrays), _numbers(arrays)
    params = {m: {"network": layers} for m, layers in networks.items()}
    params["image"]["prototypes"] = jnp.asarray(arrays["init_img.W"])
    train = method_runs.train_set(arrays)
    sizes = method_runs.sizes_of(train, arrays["init_img.W"].shape[1])
    options = Options(**method_runs.depths(networks))
    recipe = Recipe("nrch", sizes, options, int(arrays["batch_size"]))
    everyone = jnp.ones(sizes.samples)
    state = nrch.NrchState(jnp.int32(0), everyone, jnp.asarray(True))
    run = method_runs.started(recipe.build(hp), params, state)
    run, log, kept = method_runs.trained(
        arrays, run, hp, recipe, look=lambda s: s.confidence >= hp.threshold
    )
    first = options.separate_from - 1
    ours, recorded = np.array(kept)[first:], arrays["exp_kept"][first:]
    yield compare("rows kept", ours, recorded, kind="rows kept")
    steps["losses"] = (log["total"], arrays["exp_loss"])
    yield from method_runs.compare_steps("total", log["total"], arrays["exp_loss"])
    final = {m: run.params[m]["network"] for m in networks}
    yield from method_runs.compare_networks(arrays, final)
    prototypes, theirs = run.params["image"]["prototypes"], arrays["exp_final_img.W"]
    yield compare("final prototypes", prototypes, theirs, kind="parameters")


def _numbers(arrays: Mapping[str, np.ndarray]) -> HParams:
    given = {k: float(arrays[k]) for k in HParams._fields if k in arrays}
    if "lr" in arrays:
        given["learning_rate"] = float(arrays["lr"])
    return HParams(**given)
