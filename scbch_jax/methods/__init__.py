"""Methods as pure functions; one module for each paper."""

from scbch_jax.methods.base import EncodeFn, LossFn, Method, Step
from scbch_jax.methods.recipe import METHODS, Entry, Recipe, Sizes
from scbch_jax.methods.scbch import ScbchState, TermInputs

__all__ = [
    "EncodeFn",
    "Entry",
    "LossFn",
    "METHODS",
    "Method",
    "Recipe",
    "ScbchState",
    "Sizes",
    "Step",
    "TermInputs",
]
