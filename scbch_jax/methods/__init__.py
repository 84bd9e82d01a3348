"""Methods: what a paper is, as pure functions; one file each."""

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
