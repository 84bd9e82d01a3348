"""Composition of an objective from named, weighted terms."""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

from scbch_jax.arrays import Metrics, Scalar, ScalarLike

Terms = Mapping[str, tuple[ScalarLike, Callable[[Any], Scalar]]]
"""Weight and function of each term, by name; all take the same `TermInputs`."""


def weighted_sum(terms: Terms) -> Callable[[Any], tuple[ScalarLike, Metrics]]:
    """Turns named, weighted terms into one objective that also returns each value.

        J(x) = Σ_t weight_t · term_t(x)

    An ablation or a variant is another dictionary: leave a key out, or add one with
    `terms | {...}`.

    Args:
        terms: at least one; none may be called "total".

    Returns:
        inputs -> (total, {"total": ..., and each term before its weight}).

    Raises:
        ValueError: if there is no term, or one is called "total".

    Example:
        >>> weighted_sum({"a": (2.0, lambda x: x), "b": (1.0, lambda x: x * x)})(3.0)
        (15.0, {'total': 15.0, 'a': 3.0, 'b': 9.0})
    """
    if not terms or "total" in terms:
        raise ValueError(
            f"terms: got {sorted(terms) or 'none'}, wanted one or more, none 'total'"
        )

    def objective(inputs: Any) -> tuple[ScalarLike, Metrics]:
        values = {name: term(inputs) for name, (_, term) in terms.items()}
        weighted = [weight * values[name] for name, (weight, _) in terms.items()]
        total = functools.reduce(operator.add, weighted)
        return total, {"total": total, **values}

    return objective
