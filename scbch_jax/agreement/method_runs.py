"""What the checks of other methods' recorded runs share."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import networks, training
from scbch_jax.agreement.compare import Comparison, compare
from scbch_jax.agreement.neighbors_file import MODALITIES
from scbch_jax.arrays import Params
from scbch_jax.methods import Method, Recipe, Sizes
from scbch_jax.types import Split


def train_set(arrays: Mapping[str, np.ndarray]) -> Split:
    """The recorded rows."""
    return Split(*(jnp.asarray(arrays[k]) for k in ("img", "txt", "labels")))


def sizes_of(train: Split, bits: int) -> Sizes:
    """What a method must know of the recorded rows."""
    samples, classes = train.labels.shape
    return Sizes(train.image.shape[1], train.text.shape[1], classes, samples, bits)


def network_params(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The layers of both networks before the run, by modality."""
    found = {}
    for modality, short, _ in MODALITIES:
        start = f"init_{short}."
        state = {
            k.removeprefix(start): arrays[k] for k in arrays if k.startswith(start)
        }
        found[modality] = networks.layers_from_torch(state)
    return jax.tree.map(jnp.asarray, found)


def depths(params: Mapping[str, Any]) -> dict[str, Any]:
    """Depths and hidden width of both networks, as options name them."""
    return {
        "image_layers": len(params["image"]),
        "text_layers": len(params["text"]),
        "hidden": params["image"]["layer_0"]["bias"].shape[0],
    }


def started(method: Method, params: Params, state: Any) -> training.RunState:
    """A run before its first step."""
    memory = {g: o.init(params[g]) for g, o in method.optimizers.items()}
    return training.RunState(params, memory, state)


def trained(
    arrays: Mapping[str, np.ndarray],
    run: training.RunState,
    hp: Any,
    recipe: Recipe,
    look: Callable[[Any], Any] = lambda state: None,
) -> tuple[training.RunState, dict[str, np.ndarray], list[Any]]:
    """Our run: the production epoch, in the recorded batch orders.

    Args:
        arrays: with the rows and the orders.
        run: its start.
        hp: the method's numbers.
        recipe: what to compile.
        look: what to keep of the method's state after each epoch.

    Returns:
        The run's end, every logged value by step, and what was kept.
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
        kept.append(jax.device_get(look(run.state)))
    return run, {k: np.concatenate([log[k] for log in logs]) for k in logs[0]}, kept


def compare_networks(
    arrays: Mapping[str, np.ndarray], params: Mapping[str, Any]
) -> Iterator[Comparison]:
    """The layers of both networks after the run."""
    for modality, short, _ in MODALITIES:
        for name, ours in networks.layers_to_torch(params[modality]).items():
            recorded = arrays[f"exp_final_{short}.{name}"]
            yield compare(f"final {short}.{name}", ours, recorded, kind="parameters")


def compare_steps(name: str, ours: Any, recorded: np.ndarray) -> Iterator[Comparison]:
    """The losses of all steps, in the middle and at the worst."""
    yield compare(f"step losses, {name}", ours, recorded, kind="step losses")
    yield compare(f"largest step, {name}", ours, recorded, kind="largest step")


def compare_loss(
    arrays: Mapping[str, np.ndarray],
    name: str,
    loss: Callable[[dict[str, Any]], Any],
    inputs: dict[str, Any],
    *,
    answer: str,
) -> Iterator[Comparison]:
    """A loss and those of its gradients that were recorded.

    Args:
        arrays: the file.
        name: for the table.
        loss: function of the moving inputs.
        inputs: by the names that gradients are recorded under.
        answer: key of the recorded value.
    """
    value, grads = jax.value_and_grad(loss)(inputs)
    yield compare(name, value, arrays[answer], kind="loss")
    for k, grad in grads.items():
        key = f"{answer}_grad_{k}"
        if key in arrays:
            title = f"{name}, gradient of {k}"
            yield compare(title, grad, arrays[key], kind="loss")
