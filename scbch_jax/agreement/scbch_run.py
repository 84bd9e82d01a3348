"""SCBCH: a training run, step by step, from recorded weights and batch orders."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import networks, retrieval, training
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, StepLosses, compare
from scbch_jax.agreement.hamming_metrics import within_ties
from scbch_jax.agreement.replay import MODALITIES, network_state
from scbch_jax.agreement.scbch_outputs import tied_rows
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods import Recipe, ScbchState
from scbch_jax.types import Split


class Trajectory(NamedTuple):
    """A run of this package from the recorded start."""

    steps: dict[str, np.ndarray]
    """Losses of every step, by name."""
    weights: np.ndarray
    """Confidence in every epoch, [epochs, samples]."""
    tied: np.ndarray
    """Rows whose k-th neighbor ties with the next, [epochs, samples]."""
    counts: dict[str, list[retrieval.DistanceCounts]]
    """Before every epoch, by direction."""
    params: Any


def check(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison | StepLosses]:
    """Compares losses, weights and MAP along the run, and the parameters at its end."""
    run = train(arrays)
    if "exp_loss" in arrays:
        yield StepLosses(run.steps["total"], arrays["exp_loss"])
    yield from _steps(arrays, run)
    if "exp_weights" in arrays:
        yield from _weights(arrays["exp_weights"], run)
    for direction, counts in run.counts.items():
        key = f"exp_map_{direction}"
        for epoch, recorded in enumerate(arrays.get(key, ())):
            name = f"MAP {direction.upper()}, before epoch {epoch + 1}"
            yield within_ties(name, counts[epoch], float(recorded))
    for modality, short in MODALITIES:
        state = networks.to_torch(run.params[modality], modality)
        for name, recorded in network_state(arrays, f"exp_final_{short}.").items():
            title = f"final {short}.{name}"
            yield compare(title, state[name], recorded, kind="parameters")


def train(arrays: Mapping[str, np.ndarray]) -> Trajectory:
    """Trains with the package's own epoch, from recorded weights and batch orders."""
    first = int(arrays["n_query"])
    rows = {modality: arrays[short] for modality, short in MODALITIES}
    clean = arrays["y_true"]
    query, database = (
        Split(*(jnp.asarray(a[part]) for a in (rows["image"], rows["text"], clean)))
        for part in (slice(None, first), slice(first, None))
    )
    train_set = database._replace(labels=jnp.asarray(arrays["y_noisy"]))
    recipe, hp, run = _start(arrays, train_set)
    key, steps, weights, tied = jax.random.key(0), [], [], []
    counts: dict[str, list[retrieval.DistanceCounts]] = {"i2t": [], "t2i": []}
    for epoch, order in enumerate(arrays["batch_order"]):
        sides = [
            training.encode_split(run.params, hp, s, recipe=recipe)
            for s in (query, database)
        ]
        for direction, found in retrieval.count_both_directions(*sides).items():
            counts[direction].append(found)
        codes = _relaxed(recipe, hp, run.params, train_set)
        tied.append(tied_rows(*codes, int(arrays["k"]), gap=1e-5))
        run, log = training.train_epoch(
            run,
            hp,
            train_set,
            key,
            jnp.int32(epoch),
            jnp.asarray(order, jnp.int32),
            recipe=recipe,
        )
        steps.append(jax.device_get(log))
        weights.append(np.asarray(run.state.confidence))
    losses = {name: np.concatenate([s[name] for s in steps]) for name in steps[0]}
    return Trajectory(losses, np.array(weights), np.array(tied), counts, run.params)


def _start(
    arrays: Mapping[str, np.ndarray], train_set: Split
) -> tuple[Recipe, HParams, training.RunState]:
    """The recorded options and initial parameters."""
    states = {m: network_state(arrays, f"init_{short}.") for m, short in MODALITIES}
    params = {m: networks.from_torch(state, m) for m, state in states.items()}
    params = jax.tree.map(jnp.asarray, params)
    recipe = Recipe(
        method="scbch",
        sizes=replay.sizes_of(train_set, int(arrays["bits"])),
        options=Options(
            reading="official",
            neighbors=int(arrays["k"]),
            warmup_epochs=int(arrays["warmup_epochs"]),
            hidden=networks.hidden_width(params),
            image_layers=len(params["image"]["network"]),
            text_layers=len(params["text"]["network"]),
        ),
        batch_size=int(arrays["batch_size"]),
    )
    hp = HParams(
        contrastive_weight=float(arrays["alpha"]),
        quantization_weight=float(arrays["beta"]),
        confidence_floor=float(arrays["gamma"]),
        margin=float(arrays["margin"]),
        shift=float(arrays["shift"]),
        learning_rate=float(arrays["lr"]),
        weight_decay=float(arrays["weight_decay"]),
    )
    state = ScbchState(jnp.int32(0), jnp.ones(recipe.sizes.samples))
    return recipe, hp, replay.started(recipe.build(hp), params, state)


def _steps(arrays: Mapping[str, np.ndarray], run: Trajectory) -> Iterator[Comparison]:
    steps = run.steps
    sums = {
        "exp_loss": ("total", steps["total"]),
        "exp_loss_classification": ("classification", steps["classification"]),
        "exp_loss_contrast": ("contrast", steps["attraction"] + steps["repulsion"]),
    }
    for key, (name, values) in sums.items():
        if key in arrays:
            yield from replay.compare_steps(name, values, arrays[key])


def _weights(recorded: np.ndarray, run: Trajectory) -> Iterator[Comparison]:
    """The recorded epochs are the last ones, after the warm-up."""
    late = slice(len(run.weights) - len(recorded), None)
    weights, tied = run.weights[late], run.tied[late]
    yield compare("confidence", weights[~tied], recorded[~tied], kind="confidence")
    yield compare("confidence, rows with a tie", tied.mean(), 0.0, kind="tied rows")


def _relaxed(
    recipe: Recipe, hp: HParams, params: Any, train_set: Split
) -> tuple[np.ndarray, np.ndarray]:
    method = recipe.build(hp)
    image = method.encode_image(params, train_set.image)
    return np.asarray(image), np.asarray(method.encode_text(params, train_set.text))


KIND = Kind(
    frozenset({"img", "txt", "y_true", "y_noisy", "batch_order", "n_query"}), check
)
