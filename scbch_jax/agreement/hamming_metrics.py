"""MAP and precision-recall curve of a ranking by Hamming distance."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import retrieval
from scbch_jax.agreement.comparison import Comparison, Kind, compare

SHUFFLES = 200
"""Random orders of tied items that the recorded mean was taken over."""


def check(arrays: Mapping[str, np.ndarray]) -> Iterator[Comparison]:
    """Compares every output of the file."""
    codes = [
        retrieval.pack(jnp.asarray(arrays[k])) for k in ("query_codes", "db_codes")
    ]
    labels = [jnp.asarray(arrays[k]) for k in ("query_labels", "db_labels")]
    counts = jax.device_get(retrieval.distance_counts(*codes, *labels))
    distances = np.asarray(retrieval.hamming_matrix(*codes))
    relevance = np.asarray(labels[0] @ labels[1].T) > 0
    ranking = (distances, relevance)
    for key in arrays:
        stable = re.fullmatch(r"exp_map(?:_k(\d+)_upstream)?_stable", key)
        if stable:
            first = int(stable[1]) if stable[1] else None
            values = retrieval.ranked_average_precision(*ranking, first=first)
            name = "MAP, stable order" + (f", first {first} relevant" if first else "")
            mean = mean_as_recorded(values, arrays[key].dtype)
            yield compare(name, mean, arrays[key], kind="ranked map")
    if "exp_map_upstream" in arrays:
        yield within_ties("MAP, as printed", counts, float(arrays["exp_map_upstream"]))
    if "exp_map_mean_over_200_shuffles" in arrays:
        error = float(arrays["exp_map_std_over_shuffles"]) / SHUFFLES**0.5
        computed = retrieval.mean_average_precision(counts)
        recorded = arrays["exp_map_mean_over_200_shuffles"]
        yield compare(
            "MAP, ties averaged", computed, recorded, kind="averaged map", unit=error
        )
    if "exp_pr_precision" in arrays:
        points = len(arrays["exp_pr_precision"])
        depths = np.linspace(1, distances.shape[1] + 1, points).astype(int)
        curve = retrieval.ranked_precision_recall(*ranking, depths=depths)
        for name, values in zip(("precision", "recall"), curve, strict=True):
            recorded = arrays[f"exp_pr_{name}"]
            title = f"{name} at depths"
            yield compare(title, values, recorded, kind="precision-recall")


def mean_as_recorded(values: np.ndarray, dtype: Any) -> float:
    """Mean over the queries with a relevant item, summed in the record's precision.

    The released code sums float32, so its MAP is exact to 6e-8 only. An error in the
    ranking can be told from rounding only if both sums round alike.
    """
    counted = values[~np.isnan(values)].astype(dtype)
    return float(np.cumsum(counted)[-1] / dtype.type(len(counted)))


def within_ties(
    name: str, counts: retrieval.DistanceCounts, recorded: float
) -> Comparison:
    """Checks that a MAP of an unknown order of ties lies between worst and best."""
    worst, best = (
        retrieval.mean_average_precision(counts, ties=t) for t in ("worst", "best")
    )
    nearest = min(max(recorded, worst), best)
    return compare(
        f"{name}, between worst and best ties",
        nearest,
        np.float64(recorded),
        kind="tie band",
    )


KIND = Kind(frozenset({"query_codes", "db_codes", "query_labels", "db_labels"}), check)
