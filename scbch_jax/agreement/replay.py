"""Training from recorded weights and batch orders, and comparisons of such a run."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import networks, training
from scbch_jax.agreement.comparison import Comparison, compare
from scbch_jax.arrays import Params
from scbch_jax.methods import Method, Recipe, Sizes
from scbch_jax.types import Split

MODALITIES = (("image", "img"), ("text", "txt"))
"""Modality, and the key of its features."""


def network_state(
    arrays: Mapping[str, np.ndarray], start: str
) -> dict[str, np.ndarray]:
    """The recorded parameters of a network, by their keys without `start`."""
    return {k.removeprefix(start): arrays[k] for k in arrays if k.startswith(start)}


def numbers(arrays: Mapping[str, np.ndarray], kind: Any, names: Any = None) -> Any:
    """The recorded hyperparameters; those that are absent have their defaults.

    Args:
        arrays: of a file.
        kind: `HParams` of a method.
        names: of its fields, by keys of the file that have other names.
    """
    keys = {name: name for name in kind._fields} | (names or {})
    return kind(**{ours: float(arrays[k]) for k, ours in keys.items() if k in arrays})


def train_set(arrays: Mapping[str, np.ndarray]) -> Split:
    """The recorded training set."""
    return Split(*(jnp.asarray(arrays[k]) for k in ("img", "txt", "labels")))


def sizes_of(train: Split, bits: int) -> Sizes:
    """Sizes of the recorded problem."""
    samples, classes = train.labels.shape
    return Sizes(train.image.shape[1], train.text.shape[1], classes, samples, bits)


def network_params(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The recorded initial layers of both networks, by modality."""
    found = {
        modality: networks.layers_from_torch(network_state(arrays, f"init_{short}."))
        for modality, short in MODALITIES
    }
    return jax.tree.map(jnp.asarray, found)


def depths(params: Mapping[str, Any]) -> dict[str, Any]:
    """Depths and hidden width of both networks, by the names of the options."""
    return {
        "image_layers": len(params["image"]),
        "text_layers": len(params["text"]),
        "hidden": params["image"]["layer_0"]["bias"].shape[0],
    }


def started(method: Method, params: Params, state: Any) -> training.RunState:
    """The state of a run before its first step."""
    opt = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    return training.RunState(params, opt, state)


def trained(
    arrays: Mapping[str, np.ndarray],
    run: training.RunState,
    hp: Any,
    recipe: Recipe,
    observe: Callable[[Any], Any] = lambda state: None,
) -> tuple[training.RunState, dict[str, np.ndarray], list[Any]]:
    """Trains with the package's own epoch, in the recorded batch orders.

    Args:
        arrays: the file, with training rows and batch orders.
        run: the state before the first step.
        hp: the method's hyperparameters.
        recipe: what is compiled.
        observe: what to return of the method's state after each epoch.

    Returns:
        The last state, every loss by step, and what `observe` gave after each epoch.
    """
    train, logs, kept = train_set(arrays), [], []
    context = training.context_of(train, recipe=recipe)
    for epoch, order in enumerate(arrays["batch_order"]):
        run, log = training.train_epoch(
            run,
            hp,
            train,
            jax.random.key(0),
            jnp.int32(epoch),
            jnp.asarray(order, jnp.int32),
            context,
            recipe=recipe,
        )
        logs.append(jax.device_get(log))
        kept.append(jax.device_get(observe(run.state)))
    return run, {k: np.concatenate([log[k] for log in logs]) for k in logs[0]}, kept


def compare_networks(
    arrays: Mapping[str, np.ndarray], params: Mapping[str, Any]
) -> Iterator[Comparison]:
    """Compares the layers of both networks after the run."""
    for modality, short in MODALITIES:
        for name, layer in networks.layers_to_torch(params[modality]).items():
            recorded = arrays[f"exp_final_{short}.{name}"]
            yield compare(f"final {short}.{name}", layer, recorded, kind="parameters")


def compare_steps(
    name: str, computed: Any, recorded: np.ndarray
) -> Iterator[Comparison]:
    """Compares the losses of all steps by the median and by the largest difference."""
    yield compare(f"step losses, {name}", computed, recorded, kind="step losses")
    yield compare(f"largest step, {name}", computed, recorded, kind="largest step")


def compare_loss(
    arrays: Mapping[str, np.ndarray],
    name: str,
    loss: Callable[[dict[str, Any]], Any],
    inputs: dict[str, Any],
    *,
    output: str,
) -> Iterator[Comparison]:
    """Compares a loss, and those of its gradients that were recorded.

    Args:
        arrays: the file.
        name: of the loss, for the table.
        loss: a function of the inputs that gradients are taken by.
        inputs: those inputs, by the names in the keys of recorded gradients.
        output: key of the recorded value.
    """
    value, grads = jax.jit(jax.value_and_grad(loss))(inputs)
    yield compare(name, value, arrays[output], kind="loss")
    for k, grad in grads.items():
        key = f"{output}_grad_{k}"
        if key in arrays:
            title = f"{name}, gradient of {k}"
            yield compare(title, grad, arrays[key], kind="loss")
