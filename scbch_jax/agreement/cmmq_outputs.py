"""CMMQ: proxies, targets, the loss of the selected rows, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.config.cmmq import HParams, Options
from scbch_jax.methods import Recipe, cmmq

CASES = (("all", 0.0, True), ("kept", 0.25, True), ("plain", 0.25, False))
"""Name, share of the rows that is left out, whether with the mutual term."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    labels, tie = jnp.asarray(arrays["labels"]), jnp.asarray(arrays["tie"])
    state = _state(len(labels), labels.shape[1], tie)
    recorded = arrays["exp_proxies"]
    yield compare("proxies", state.proxies, recorded, kind="codes")
    first = cmmq.targets_of(labels, state, Options(target="first"))
    yield compare("targets, first", first, arrays["exp_first"], kind="codes")
    targets = cmmq.targets_of(labels, state, Options())
    yield compare("targets, majority", targets, arrays["exp_majority"], kind="codes")
    variables = {k: jnp.asarray(arrays[k]) for k in ("image_logits", "text_logits")}
    for name, left_out, with_mutual in CASES:
        hp = replay.numbers(arrays, HParams)
        hp = hp if with_mutual else hp._replace(mutual_weight=0.0)

        def loss(v: dict[str, Any], hp: Any = hp, left_out: Any = left_out) -> Any:
            both = v["image_logits"], v["text_logits"]
            inputs = cmmq.term_inputs(*both, targets, left_out, hp, Options())
            return losses.weighted_sum(cmmq.terms(hp))(inputs)[0]

        yield from replay.compare_loss(
            arrays, f"loss, {name}", loss, variables, output=f"exp_{name}"
        )


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    found, hp = replay.network_params(arrays), replay.numbers(arrays, HParams)
    params = {m: {"network": x} for m, x in found.items()}
    train, tie = replay.train_set(arrays), jnp.asarray(arrays["tie"])
    sizes = replay.sizes_of(train, len(tie))
    ramp = int(arrays["ramp_epochs"])
    options = Options(**replay.depths(found), text_network="affine", ramp_epochs=ramp)
    recipe = Recipe("cmmq", sizes, options, int(arrays["batch_size"]))
    state = _state(sizes.samples, sizes.classes, tie)
    run = replay.started(recipe.build(hp), params, state)
    run, log, _ = replay.trained(arrays, run, hp, recipe)
    yield StepLosses(log["total"], arrays["exp_loss"])
    yield from replay.compare_steps("total", log["total"], arrays["exp_loss"])
    final = {m: run.params[m]["network"] for m in found}
    yield from replay.compare_networks(arrays, final)


def _state(samples: int, classes: int, tie: Any) -> cmmq.CmmqState:
    """The state before the first epoch; few classes need no drawn proxies."""
    proxies = losses.hadamard_proxies(jax.random.key(0), classes=classes, bits=len(tie))
    proxies = proxies.astype(tie.dtype)
    return cmmq.CmmqState(jnp.int32(0), jnp.ones(samples), proxies, tie)


KIND = Kind(frozenset({"labels", "noise_rate", "mutual_weight"}), _losses, run=_run)
