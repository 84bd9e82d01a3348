"""SCBCH: relaxed codes of the networks, and confidence weights from neighbors."""

import re
from collections.abc import Iterator, Mapping

import jax.numpy as jnp
import numpy as np

from scbch_jax import neighbors, networks
from scbch_jax.agreement.comparison import Comparison, compare

NEEDS = frozenset({"img", "txt", "y_noisy", "u", "v"})
ALSO_OUTPUTS = ("u", "v")
MODALITIES = (("image", "img", "u"), ("text", "txt", "v"))
"""Modality, key of its features, key of its codes."""


def check(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison]:
    """Compares the codes u and v, and the confidence for every k and floor."""
    for modality, short, codes in MODALITIES:
        start = f"params_{short}."
        state = {
            k.removeprefix(start): arrays[k] for k in arrays if k.startswith(start)
        }
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
