"""SCBCH: losses and gradients of a batch, relaxed codes, and confidence weights."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import losses, neighbors, networks
from scbch_jax.agreement import replay
from scbch_jax.agreement.comparison import Comparison, Kind, compare
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods.scbch import TermInputs, term_inputs, terms

OPTIONS = Options(reading="official")
VARIABLES = ("u", "v", "Wu", "Wv")
CONTRAST = ("attraction", "repulsion")


def _check_losses(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison]:
    """Compares losses and gradients, for several pairs of margin and shift."""
    inputs = {k: jnp.asarray(arrays[k]) for k in ("u", "v", "y", "Wu", "Wv", "w")}
    unweighted = inputs | {"w": jnp.ones_like(inputs["w"])}
    if "exp_jaccard" in arrays:
        overlap = losses.jaccard_matrix(inputs["y"])
        yield compare("label overlap", overlap, arrays["exp_jaccard"], kind="loss")
    for name, output, chosen, given in (
        ("quantization", "exp_quant", "quantization", inputs),
        ("classification", "exp_bce", "classification", unweighted),
        ("classification, weighted", "exp_bce_weighted", "classification", inputs),
    ):
        found = _outputs(arrays, output, None)
        yield from _of_terms(name, given, (chosen,), HParams(), found)
    for i, hp in enumerate(_pairs(arrays)):
        at = f"margin {hp.margin:g} shift {hp.shift:g}"
        for name, output, chosen, given in (
            (f"contrast, {at}", "exp_contrast", CONTRAST, inputs),
            (f"total, {at}", "exp_total", None, inputs),
            (f"total, {at}, no weights", "exp_total_nw", None, unweighted),
        ):
            yield from _of_terms(name, given, chosen, hp, _outputs(arrays, output, i))


def _pairs(arrays: Mapping[str, np.ndarray]) -> Iterator[HParams]:
    for margin, shift in zip(arrays["margins"], arrays["shifts"], strict=True):
        yield HParams(margin=float(margin), shift=float(shift))


def _outputs(
    arrays: Mapping[str, np.ndarray], output: str, index: int | None
) -> dict[str, np.ndarray]:
    """A recorded value by "", and its gradients by the name of the variable."""
    keys = {"": output} | {k: f"{output}_grad_{k}" for k in VARIABLES}
    found = {k: arrays[key] for k, key in keys.items() if key in arrays}
    if index is None:
        return found
    pairs = len(arrays["margins"])
    for k, array in found.items():
        if len(array) != pairs:
            raise ValueError(f"{keys[k]} has {len(array)} rows for {pairs} margins")
    return {k: np.asarray(array[index]) for k, array in found.items()}


def _of_terms(
    name: str,
    inputs: dict[str, Any],
    chosen: tuple[str, ...] | None,
    hp: HParams,
    recorded: Mapping[str, np.ndarray],
) -> Iterator[Comparison]:
    """A sum of terms and its gradients; the weighted sum of all if none is chosen."""
    if not recorded:
        return

    def value(variables: dict[str, Any]) -> Any:
        return _value(inputs | variables, hp, chosen)

    result, grads = jax.value_and_grad(value)({k: inputs[k] for k in VARIABLES})
    for k, wanted in recorded.items():
        if k:
            title = f"{name}, gradient of {k}"
            yield compare(title, grads[k], wanted, kind="gradient")
        else:
            yield compare(name, result, wanted, kind="loss")


def _value(inputs: dict[str, Any], hp: HParams, chosen: tuple[str, ...] | None) -> Any:
    values = _term_inputs(inputs)
    all_terms = terms(hp, OPTIONS)
    if chosen is None:
        return losses.weighted_sum(all_terms)(values)[0]
    return losses.weighted_sum({k: (1.0, all_terms[k][1]) for k in chosen})(values)[0]


def _term_inputs(inputs: dict[str, Any]) -> TermInputs:
    return term_inputs(*(inputs[k] for k in ("u", "v", "Wu", "Wv", "y", "w")))


def _check_confidence(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison]:
    """Compares the codes u and v, and the confidence for every k and floor."""
    for (modality, short), codes in zip(replay.MODALITIES, ("u", "v"), strict=True):
        state = replay.network_state(arrays, f"params_{short}.")
        if state:
            computed = networks.torch_forward(state, jnp.asarray(arrays[short]))
            recorded = arrays[f"exp_{codes}"]
            yield compare(f"{modality} codes", computed, recorded, kind="codes")
    for key in arrays:
        found = re.fullmatch(r"exp_weight_k(\d+)_g(\d*\.?\d+(?:e-?\d+)?)", key)
        if found:
            k, floor = int(found[1]), float(found[2])
            yield from _confidence(arrays, arrays[key], k, floor)


def _confidence(
    arrays: Mapping[str, np.ndarray], recorded: np.ndarray, k: int, floor: float
) -> Iterator[Comparison]:
    codes = [jnp.asarray(arrays[key]) for key in ("u", "v")]
    labels = jnp.asarray(arrays["y_noisy"])
    soft = neighbors.neighbor_soft_labels(*codes, labels, neighbors=k)
    weights = np.asarray(neighbors.confidence_weights(labels, soft, floor=floor))
    tied = tied_rows(arrays["u"], arrays["v"], k)
    name = f"confidence, k {k} floor {floor:g}"
    yield compare(name, weights[~tied], recorded[~tied], kind="confidence")
    yield compare(
        f"{name}, rows with a tie", tied.mean(), np.float32(0), kind="tied rows"
    )


def tied_rows(u: np.ndarray, v: np.ndarray, k: int, gap: float = 1e-6) -> np.ndarray:
    """Rows whose k-th and next neighbor are equally similar up to rounding.

    No row, if k is the number of all other rows.
    """
    unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (u, v)]
    similarity = (unit[0] @ unit[0].T + unit[1] @ unit[1].T) / 2
    np.fill_diagonal(similarity, 0.0)
    ranked = -np.sort(-similarity, axis=1)
    if k >= len(ranked):
        return np.zeros(len(ranked), bool)
    return ranked[:, k - 1] - ranked[:, k] < gap


LOSSES = Kind(
    frozenset({"u", "v", "y", "Wu", "Wv", "w", "margins", "shifts"}), _check_losses
)
CONFIDENCE = Kind(
    frozenset({"img", "txt", "y_noisy", "u", "v"}), _check_confidence, ("u", "v")
)
