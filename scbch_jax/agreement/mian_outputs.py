"""MIAN: the first step of each network, and a run with the recorded batches."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import training
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.arrays import Params
from scbch_jax.config.mian import HParams, Options
from scbch_jax.methods import Method, mian, stages
from scbch_jax.methods.mian_terms import Tables
from scbch_jax.networks.modality_invariant import WINDOWS, nearest_sources
from scbch_jax.training.epoch import run_batches

SHORT = {"label": "lab", "text": "txt", "image": "img"}
"""Name of each network in the keys of the file."""

LAYERS = {
    "feature.0": "layer_0",
    "feature.3": "layer_1",
    "hash.0": "hash",
    "label.0": "label",
    "cross_feature.0": "predict",
}
"""Layer of the released code, and of this package."""

CODES = {"image": "F", "text": "G", "label": "H"}
"""Name of the table of each network's codes in the keys of the file."""


def _losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    method, params = _method(arrays, arrays["noise"]), _params(arrays, "init")
    train, tables = replay.train_set(arrays), _tables(arrays)
    tables = tables._replace(binary=jnp.asarray(arrays["table_B"]))
    for step, index in zip(method.passes[0], arrays["rows"], strict=True):
        (name,) = step.trains
        batch = training.gather(train, jnp.asarray(index))
        given = (_state(tables), batch, jax.random.key(0))
        gradient = jax.jit(jax.value_and_grad(step.loss, has_aux=True))
        (total, (state, _)), grads = gradient(params, *given)
        yield compare(name, total, arrays[f"exp_{SHORT[name]}"], kind="loss")
        yield from _compare_weights(arrays, "exp_grad", name, grads[name], "loss")
        tables = state.tables
    for name, recorded in CODES.items():
        wanted = arrays[f"exp_table_{recorded}"]
        yield compare(name, tables.codes[name], wanted, kind="codes")
    # Features are not of unit length, as codes are: their differences are relative.
    features = tables.text_features
    yield compare("text_features", features, arrays["exp_table_FG"], kind="loss")
    yield from _compare_places(arrays)


def _compare_places(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison]:
    """Which average is copied to each place of a text."""
    for key in [k for k in arrays if k.startswith("exp_resized_")]:
        width = int(key.removeprefix("exp_resized_"))
        places = nearest_sources(width // max(WINDOWS), width)
        yield compare(f"averages, {width}", places, arrays[key], kind="choices")


def _run(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    method, params = _method(arrays), _params(arrays, "init")
    run = replay.started(method, params, _state(_tables(arrays)))
    batches = iter(arrays["rows"])
    noise, silence = iter(arrays["noise"]), np.zeros_like(arrays["noise"][0])
    steps = len(arrays["rows"]) // len(arrays["exp_loss"])
    next_epoch, one_batch = _programs(arrays, method)
    order, totals = [], []
    for epoch in range(len(arrays["exp_loss"])):
        run = next_epoch(run, epoch)
        wanted = [bool(stages.trains(run.state.progress, k)) for k in stages.NETWORKS]
        order.append(wanted.index(True))
        trains_images = wanted[stages.NETWORKS.index("image")]
        for _ in range(steps):
            drawn = next(noise) if trains_images else silence
            run = one_batch(run, next(batches), drawn)
        totals.append(float(run.state.loss))
    yield compare("network", np.array(order), arrays["exp_network"], kind="choices")
    outer = next_epoch(run, len(totals)).state.progress.outer
    yield compare("outer epochs", outer, arrays["outer_epochs"], kind="choices")
    # Sums over all pairs of rows, so only their relative differences mean something.
    relative = np.array(totals) / arrays["exp_loss"]
    yield StepLosses(np.array(totals), arrays["exp_loss"])
    ones = np.ones(len(relative), np.float32)
    yield from replay.compare_steps("sum of a pass, relative", relative, ones)
    for name in stages.NETWORKS:
        weights = run.params[name]
        yield from _compare_weights(arrays, "exp_final", name, weights, "parameters")


def _programs(arrays: Mapping[str, np.ndarray], method: Method) -> Any:
    """The update before an epoch, and the steps on one batch, compiled."""
    train = replay.train_set(arrays)

    @jax.jit
    def next_epoch(run: training.RunState, epoch: Any) -> Any:
        codes = training.training_codes(method, run.params, train, epoch)
        key = jax.random.key(0)
        state = method.epoch_update(run.params, run.state, codes, epoch, key)
        return run._replace(state=state)

    @jax.jit
    def one_batch(run: training.RunState, index: Any, noise: Any) -> Any:
        known = _method(arrays, noise=noise)
        return run_batches(
            known,
            known.passes[0],
            run,
            index[None],
            jax.random.key(0),
            get_batch=partial(training.gather, train),
        )[0]

    return next_epoch, one_batch


def _method(arrays: Mapping[str, np.ndarray], noise: Any = None) -> Method:
    train, bits = replay.train_set(arrays), arrays["table_F"].shape[1]
    names = ("label_passes", "network_passes", "outer_epochs")
    given: dict[str, Any] = {k: int(arrays[k]) for k in names if k in arrays}
    options = Options(
        hidden=len(arrays["init_txt.feature.0.bias"]),
        embedding=arrays["table_FG"].shape[1],
        **given,
    )
    hp = replay.numbers(arrays, HParams)
    sizes = replay.sizes_of(train, bits)
    return mian.build(sizes, options, hp, draw=lambda key, shape: jnp.asarray(noise))


def _state(tables: Tables) -> mian.MianState:
    return mian.MianState(jnp.int32(0), stages.first_pass(), jnp.zeros(()), tables)


def _tables(arrays: Mapping[str, np.ndarray]) -> Tables:
    codes = {name: jnp.asarray(arrays[f"table_{k}"]) for name, k in CODES.items()}
    features, labels = jnp.asarray(arrays["table_FG"]), jnp.asarray(arrays["labels"])
    return Tables(codes, features, jnp.zeros_like(codes["image"]), labels)


def _params(arrays: Mapping[str, np.ndarray], start: str) -> Params:
    """Weights of all networks from the keys that begin with `start`."""
    return {
        name: _weights(arrays, f"{start}_{short}.") for name, short in SHORT.items()
    }


def _weights(arrays: Mapping[str, np.ndarray], start: str) -> dict[str, Any]:
    """Weights of one network; layers of the released code may be convolutions."""
    recorded, weights = replay.network_state(arrays, start), {}
    for key in [k for k in recorded if k.endswith(".weight")]:
        layer, weight = key.removesuffix(".weight"), recorded[key]
        if layer in LAYERS:
            kernel = jnp.asarray(weight.reshape(len(weight), -1).T)
            weights[LAYERS[layer]] = {"kernel": kernel}
            if layer + ".bias" in recorded:
                weights[LAYERS[layer]]["bias"] = jnp.asarray(recorded[layer + ".bias"])
    scales = [f"interp_block{window // 5}.1.weight" for window in WINDOWS]
    if scales[0] in recorded:
        weights["scales"] = jnp.asarray(np.ravel([recorded[key] for key in scales]))
    return weights


def _compare_weights(
    arrays: Mapping[str, np.ndarray], start: str, name: str, computed: Any, kind: str
) -> Iterator[Comparison]:
    """Compares a network's weights, or their gradients, with those of some keys."""
    recorded = _weights(arrays, f"{start}_{SHORT[name]}.")
    found = dict(jax.tree_util.tree_leaves_with_path(computed))
    for path, array in jax.tree_util.tree_leaves_with_path(recorded):
        title = (
            f"{start} {name} {jax.tree_util.keystr(path, simple=True, separator='.')}"
        )
        yield compare(title, found.pop(path), array, kind=kind)
    assert not found, f"not recorded: {list(found)}"


KIND = Kind(frozenset({"image_share", "noise", "rows", "table_F"}), _losses, run=_run)
