"""DGCPN: the graph, losses of relaxed and half binary codes, and a training run."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from scbch_jax import losses, neighbors
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.config.dgcpn import HParams, Options
from scbch_jax.methods import Recipe, dgcpn
from scbch_jax.types import Split

SIDES = (
    ("relaxed", lambda image, text: (image, text), ("image_codes", "text_codes")),
    ("binary_text", lambda image, text: (image, jnp.sign(text)), ("image_codes",)),
    ("binary_image", lambda image, text: (jnp.sign(image), text), ("text_codes",)),
)
"""Name of the output, the codes of its loss, and which of them have gradients."""


NAMES = {
    "K": "pair_target",
    "dw": "coherence_weight",
    "cw": "consistency_weight",
    "lr": "learning_rate",
}
"""Keys of a file, and the hyperparameters that they are."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    image, text = (jnp.asarray(arrays[k]) for k in ("img", "txt"))
    graph = dgcpn.context(_options(arrays), Split(image, text, image))
    yield compare("graph", graph, arrays["exp_graph"], kind="loss")
    index = jnp.asarray(arrays["index"])
    block = neighbors.graph_block(jnp.asarray(arrays["exp_graph"]), index)
    objective = losses.weighted_sum(dgcpn.terms(replay.numbers(arrays, HParams, NAMES)))
    codes = {k: jnp.asarray(arrays[k]) for k in ("image_codes", "text_codes")}
    for output, choose, names in SIDES:
        fixed = {k: x for k, x in codes.items() if k not in names}

        def inputs_of(variables: Any, choose: Any = choose, fixed: Any = fixed) -> Any:
            both = {**fixed, **variables}
            one, other = choose(both["image_codes"], both["text_codes"])
            return dgcpn.term_inputs(one, other, block)

        yield from replay.compare_loss(
            arrays,
            output,
            lambda variables, inputs_of=inputs_of: objective(inputs_of(variables))[0],
            {k: codes[k] for k in names},
            output=f"exp_{output}",
        )
        values = objective(inputs_of(codes))[1]
        parts = [values[k] for k in ("pair", "coherence", "consistency")]
        recorded = arrays[f"exp_{output}_parts"]
        yield compare(f"{output}, terms", parts, recorded, kind="loss")


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    params = replay.network_params(arrays)
    hp = replay.numbers(arrays, HParams, NAMES)
    train = replay.train_set(arrays)
    bits = params["image"]["layer_1"]["bias"].shape[0]
    sizes, width = replay.sizes_of(train, bits), replay.depths(params)
    recipe = Recipe(
        "dgcpn",
        sizes,
        _options(arrays, hidden=width["hidden"]),
        int(arrays["batch_size"]),
    )
    state = dgcpn.DgcpnState(jnp.int32(0))
    run = replay.started(recipe.build(hp), params, state)
    run, log, _ = replay.trained(arrays, run, hp, recipe)
    recorded = arrays["exp_loss"]
    yield StepLosses(log["total"], recorded[:, 0])
    for column, name in enumerate(("total", "binary_text", "binary_image")):
        yield from replay.compare_steps(name, log[name], recorded[:, column])
    yield from replay.compare_networks(arrays, run.params)


def _options(arrays: Mapping[str, np.ndarray], **more: int) -> Options:
    """The recorded options; `knn_number` counts the rows that are not neighbors."""
    return Options(
        text_weight=float(arrays["a1"]),
        coherence_share=float(arrays["a2"]),
        neighbors=len(arrays["img"]) - int(arrays["knn_number"]),
        scale=float(arrays["scale"]),
        dropout=0.0,
        **more,
    )


KIND = Kind(
    frozenset({"img", "txt", "a1", "a2", "knn_number", "scale"}), _losses, run=_run
)
