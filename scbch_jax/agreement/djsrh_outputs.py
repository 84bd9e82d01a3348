"""DJSRH: the joint similarity, the loss of given codes, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.config.djsrh import HParams, Options
from scbch_jax.methods import Recipe, djsrh

VARIABLES = ("image_codes", "text_codes")

NAMES = {
    "beta": "image_weight",
    "eta": "second_order",
    "mu": "scale",
    "lambda1": "image_term_weight",
    "lambda2": "text_term_weight",
    "lr_img": "image_learning_rate",
    "lr_txt": "text_learning_rate",
}
"""Keys of a file, and the hyperparameters that they are."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    image, text = (jnp.asarray(arrays[k]) for k in ("img", "txt"))
    hp = replay.numbers(arrays, HParams, NAMES)
    objective = losses.weighted_sum(djsrh.terms(hp))

    def inputs_of(codes: dict[str, Any]) -> djsrh.TermInputs:
        return djsrh.term_inputs(
            codes["image_codes"], codes["text_codes"], image, text, hp
        )

    codes = {k: jnp.asarray(arrays[k]) for k in VARIABLES}
    yield from replay.compare_loss(
        arrays, "total", lambda v: objective(inputs_of(v))[0], codes, output="exp_total"
    )
    inputs = inputs_of(codes)
    yield compare("target", inputs.target, arrays["exp_target"], kind="loss")
    values = objective(inputs)[1]
    parts = [values[k] for k in ("image", "cross", "text")]
    yield compare("terms", parts, arrays["exp_terms"], kind="loss")


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    networks = replay.network_params(arrays)
    hp = replay.numbers(arrays, HParams, NAMES)
    params = {m: {"network": layers} for m, layers in networks.items()}
    train = replay.train_set(arrays)
    sizes = replay.sizes_of(train, len(networks["image"]["layer_0"]["bias"]))
    # The image network has no hidden layer, so the text network tells the width.
    hidden = len(networks["text"]["layer_0"]["bias"])
    options = Options(**{**replay.depths(networks), "hidden": hidden})
    recipe = Recipe("djsrh", sizes, options, int(arrays["batch_size"]))
    state = djsrh.DjsrhState(jnp.int32(0))
    run = replay.started(recipe.build(hp), params, state)
    run, log, _ = replay.trained(arrays, run, hp, recipe)
    yield StepLosses(log["total"], arrays["exp_loss"])
    yield from replay.compare_steps("total", log["total"], arrays["exp_loss"])
    final = {m: run.params[m]["network"] for m in networks}
    yield from replay.compare_networks(arrays, final)


KIND = Kind(frozenset({"img", "txt", "beta", "eta", "mu"}), _losses, run=_run)
