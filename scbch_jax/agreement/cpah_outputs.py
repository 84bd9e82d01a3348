"""CPAH: one step with all gradients, and a training run with the recorded draws."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import training
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.arrays import Params, TrainingCodes
from scbch_jax.config.cpah import HParams, Options
from scbch_jax.methods import Method, cpah
from scbch_jax.training.epoch import begin, run_batches
from scbch_jax.types import Split

LAYERS = {
    "layer_0": "{0}_module.0",
    "norm_0": "{0}_module.1",
    "layer_1": "{0}_module.3",
    "norm_1": "{0}_module.4",
    "mask": "mask_module.{1}.0",
    "hash": "hash_module.{1}.0",
    "classifier": "classifier.{1}.0",
}
"""Layers of one modality, and their names in the released code."""

HEAD = {"layer_0": "feature_dis.0", "layer_1": "feature_dis.2"}
"""Layers of the discriminator likewise."""

ENTRIES = {
    "kernel": "weight",
    "scale": "weight",
    "bias": "bias",
    "mean": "running_mean",
    "var": "running_var",
}
"""Arrays of a layer likewise."""

LOGGED = ("real", "fake", "penalty", "total")
"""The losses of a step, in the order of the records."""


def check(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    """Compares every output of the file."""
    train, hp = replay.train_set(arrays), _numbers(arrays)
    sizes = replay.sizes_of(train, arrays["memory"].shape[1])
    build = partial(cpah.build, sizes, _options(arrays))
    run = _started(arrays, build(hp))
    if "exp_image_codes" in arrays:
        yield from _gradients(arrays, partial(build, hp), run, train)
    run, log = _trained(arrays, build, hp, run, train)
    log["penalty"] = hp.penalty_weight * log["penalty"]
    yield StepLosses(log["total"], arrays["exp_loss"][:, -1])
    for column, name in enumerate(LOGGED):
        recorded = arrays["exp_loss"][:, column]
        yield compare(f"steps, {name}", log[name], recorded, kind="loss")
    yield from _final(arrays, run.params, hp)
    if "exp_image_codes" in arrays:
        yield from _codes(arrays, build(hp), train)


def _final(
    arrays: Mapping[str, np.ndarray], params: Params, hp: HParams
) -> Iterator[Comparison | StepLosses]:
    """Parameters at the end, those that have no gradient apart."""
    for group, values in params.items():
        computed, recorded = _beside(arrays, "exp_final", {group: values})
        free = _without_gradient(arrays, {group: values}, hp)
        pair = computed[~free], recorded[~free]
        yield compare(f"final {group}", *pair, kind="parameters")
        if free.any():
            title = f"final {group}, without gradient"
            pair = computed[free], recorded[free]
            yield compare(title, *pair, kind="without gradient")


def _without_gradient(
    arrays: Mapping[str, np.ndarray], params: Params, hp: HParams
) -> np.ndarray:
    """Which values have no gradient but rounding, of which Adam makes whole steps.

    They are biases before a normalization and means that contain these, and, where
    gradients of a single step are recorded, values whose gradient is less than the
    rounding of the largest one.
    """
    (group,) = params
    paths = jax.tree_util.tree_leaves_with_path(params)
    free = [np.full(leaf.size, _free(path)) for path, leaf in paths]
    if group == "hashing" and "exp_image_codes" in arrays:
        weights, gradients = (
            _beside(arrays, stage, params)[1] for stage in ("init", "exp_grad")
        )
        gradients = np.abs(gradients + hp.weight_decay * weights)
        rounding = np.finfo(np.float32).eps * gradients.max()
        return np.concatenate(free) | (gradients < rounding)
    return np.concatenate(free)


def _codes(
    arrays: Mapping[str, np.ndarray], method: Method, train: Split
) -> Iterator[Comparison]:
    """Codes by the recorded final weights: parameters are compared for themselves."""
    params = _recorded_params(arrays, method, "exp_final_")
    images = jax.jit(method.encode_image)(params, train.image)
    yield compare("image codes", images, arrays["exp_image_codes"], kind="codes")
    texts = jax.jit(method.encode_text)(params, train.text)
    yield compare("text codes", texts, arrays["exp_text_codes"], kind="codes")


def _recorded_params(
    arrays: Mapping[str, np.ndarray], method: Method, start: str
) -> Params:
    template = jax.eval_shape(method.init, jax.random.key(0))[0]
    return _from_torch(template, replay.network_state(arrays, start))


def _started(arrays: Mapping[str, np.ndarray], method: Method) -> training.RunState:
    params = _recorded_params(arrays, method, "init_")
    memory = jnp.asarray(arrays["memory"])
    state = cpah.CpahState(jnp.int32(0), memory, memory, params["statistics"])
    return replay.started(method, params, state)


def _gradients(
    arrays: Mapping[str, np.ndarray], build: Any, run: training.RunState, train: Split
) -> Iterator[Comparison]:
    """Gradients of both steps; those of a group as one, since some of them are 0."""
    batch = training.gather(train, jnp.asarray(arrays["batch_order"][0]))
    method, key = build(draw=_given(arrays["shares"])), jax.random.key(0)
    for step in method.passes[0]:
        (group,) = step.trains

        @jax.jit
        def taken(run: Any, step: Any = step, own: str = group) -> Any:
            def loss(weights: Any) -> Any:
                return step.loss({**run.params, own: weights}, run.state, batch, key)[0]

            grads = {own: jax.grad(loss)(run.params[own])}
            take = partial(training.gradient_step, step, method.optimizers)
            return grads, take(run, batch, key)[0]

        grads, run = taken(run)
        pair = _beside(arrays, "exp_grad", grads)
        yield compare(f"gradient, {group}", *pair, kind="loss")


def _trained(
    arrays: Mapping[str, np.ndarray],
    build: Any,
    hp: HParams,
    run: training.RunState,
    train: Split,
) -> tuple[training.RunState, dict[str, np.ndarray]]:
    """Trains on the recorded batches, and returns the values of all steps."""

    @jax.jit
    def on_batch(run: training.RunState, hp: HParams, index: Any, shares: Any) -> Any:
        method, key = build(hp, draw=_given(shares)), jax.random.key(0)
        get_batch = partial(training.gather, train)
        return run_batches(
            method, method.passes[0], run, index[None], key, get_batch=get_batch
        )

    logs, shares, size = [], arrays["shares"], int(arrays["batch_size"])
    codes = TrainingCodes(train.image, train.text, train.labels)
    for epoch, order in enumerate(arrays["batch_order"]):
        key = jax.random.key(0)
        run = begin(build(hp), run, codes, key, jnp.int32(epoch))
        for first in range(0, len(order), size):
            index = jnp.asarray(order[first : first + size], jnp.int32)
            run, log = on_batch(run, hp, index, jnp.asarray(shares[: len(index)]))
            shares = shares[len(index) :]
            logs.append(jax.device_get(log))
    return run, {k: np.concatenate([log[k] for log in logs]) for k in logs[0]}


def _given(shares: Any) -> Any:
    return lambda key, shape: jnp.asarray(shares)


def _from_torch(template: Params, state: Mapping[str, np.ndarray]) -> Params:
    """Parameter groups as the template, from arrays by the released names."""
    return jax.tree_util.tree_map_with_path(
        lambda path, _: jnp.asarray(state[_torch_name(path)].T), template
    )


def _beside(
    arrays: Mapping[str, np.ndarray], output: str, params: Params
) -> tuple[np.ndarray, np.ndarray]:
    """Values of all arrays in one row, computed and recorded."""
    pairs = [
        (np.ravel(leaf.T), np.ravel(arrays[f"{output}_{_torch_name(path)}"]))
        for path, leaf in jax.tree_util.tree_leaves_with_path(params)
    ]
    computed, recorded = zip(*pairs, strict=True)
    return np.concatenate(computed), np.concatenate(recorded)


def _free(path: Any) -> bool:
    """Whether an array is a bias before a normalization, or a mean that contains it."""
    group, *_, layer, entry = (step.key for step in path)
    bias = group == "hashing" and layer.startswith("layer_") and entry == "bias"
    return bias or entry == "mean"


def _torch_name(path: Any) -> str:
    group, *names, entry = (step.key for step in path)
    if group == "discriminator":
        module = HEAD[names[0]]
    else:
        modality, layer = names
        module = LAYERS[layer].format(modality, dict(replay.MODALITIES)[modality])
    return f"{module}.{ENTRIES[entry]}"


def _options(arrays: Mapping[str, np.ndarray]) -> Options:
    hidden = len(arrays["init_image_module.0.bias"])
    return Options(hidden, consistency="features", test_mask="off")


def _numbers(arrays: Mapping[str, np.ndarray]) -> HParams:
    return HParams(
        classification_weight=float(arrays["alpha"]),
        quantization_weight=float(arrays["beta"]),
        learning_rate=float(arrays["lr"]),
        discriminator_learning_rate=float(arrays["lr"]),
    )


KIND = Kind(frozenset({"img", "memory", "shares", "alpha", "beta"}), check)
