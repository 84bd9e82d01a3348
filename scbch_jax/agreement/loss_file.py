"""Losses and gradients of one batch, for several pairs of margin and shift."""

from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import losses
from scbch_jax.agreement.compare import Comparison, compare
from scbch_jax.methods.scbch import View, terms, view_of
from scbch_jax.settings.scbch import HParams, Options

NEEDS = frozenset({"u", "v", "y", "Wu", "Wv", "w", "margins", "shifts"})
ANSWERS = ("exp_contrast", "exp_total", "exp_jaccard", "exp_quant", "exp_bce")
ALSO_ANSWERS: tuple[str, ...] = ()
OPTIONS = Options(reading="official")
MOVING = ("u", "v", "Wu", "Wv")


def check(
    arrays: Mapping[str, np.ndarray], steps: dict[str, Any]
) -> Iterator[Comparison]:
    """Every answer of the file that is there."""
    inputs = {k: jnp.asarray(arrays[k]) for k in ("u", "v", "y", "Wu", "Wv", "w")}
    if "exp_jaccard" in arrays:
        overlap = losses.jaccard_matrix(inputs["y"])
        yield compare("label overlap", overlap, arrays["exp_jaccard"], kind="loss")
    yield from _of_terms(
        arrays, inputs, "quantization", ("quantization",), "exp_quant", None
    )
    yield from _classification(arrays, inputs)
    pairs = zip(arrays["margins"], arrays["shifts"], strict=True)
    for i, (margin, shift) in enumerate(pairs):
        hp = HParams(margin=float(margin), shift=float(shift))
        name = f"contrast, margin {margin:g} shift {shift:g}"
        contrast = ("attraction", "repulsion")
        yield from _of_terms(arrays, inputs, name, contrast, "exp_contrast", i, hp)
        name = f"total, margin {margin:g} shift {shift:g}"
        yield from _of_terms(arrays, inputs, name, None, "exp_total", i, hp)
        if "exp_total_nw" in arrays:
            total = _value(inputs | {"w": jnp.ones_like(inputs["w"])}, hp)
            yield compare(
                f"{name}, no weights", total, arrays["exp_total_nw"][i], kind="loss"
            )


def _of_terms(
    arrays: Mapping[str, np.ndarray],
    inputs: dict[str, Any],
    name: str,
    chosen: tuple[str, ...] | None,
    answer: str,
    index: int | None,
    hp: HParams = HParams(),  # noqa: B008 -- a NamedTuple of numbers, never changed
) -> Iterator[Comparison]:
    """A sum of terms and its gradients; all terms, weighted, if none is chosen."""
    if answer not in arrays:
        return

    def recorded(key: str) -> np.ndarray:
        return arrays[key] if index is None else np.asarray(arrays[key][index])

    def value(moving: dict[str, Any]) -> Any:
        return _value(inputs | moving, hp, chosen)

    result, grads = jax.value_and_grad(value)({k: inputs[k] for k in MOVING})
    yield compare(name, result, recorded(answer), kind="loss")
    for k in MOVING:
        if f"{answer}_grad_{k}" in arrays:
            wanted = recorded(f"{answer}_grad_{k}")
            yield compare(f"{name}, gradient of {k}", grads[k], wanted, kind="gradient")


def _classification(
    arrays: Mapping[str, np.ndarray], inputs: dict[str, Any]
) -> Iterator[Comparison]:
    ones = jnp.ones_like(inputs["w"])
    for answer, weights in (("exp_bce", ones), ("exp_bce_weighted", inputs["w"])):
        if answer in arrays:
            value = _value(inputs | {"w": weights}, HParams(), ("classification",))
            name = "classification" + (", weighted" if "weighted" in answer else "")
            yield compare(name, value, arrays[answer], kind="loss")


def _value(
    inputs: dict[str, Any], hp: HParams, chosen: tuple[str, ...] | None = None
) -> Any:
    view = _view(inputs)
    everything = terms(hp, OPTIONS)
    if chosen is None:
        return losses.weighted_sum(everything)(view)[0]
    return losses.weighted_sum({k: (1.0, everything[k][1]) for k in chosen})(view)[0]


def _view(inputs: dict[str, Any]) -> View:
    return view_of(*(inputs[k] for k in ("u", "v", "Wu", "Wv", "y", "w")))
