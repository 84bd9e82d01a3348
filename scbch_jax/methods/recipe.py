"""All that is fixed when a run is compiled, and the table of methods."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from scbch_jax.methods import scbch
from scbch_jax.methods.base import Method
from scbch_jax.methods.sizes import Sizes


class Entry(NamedTuple):
    """A line in the table of methods."""

    build: Callable[..., Method]
    """(sizes, options, hparams, extra_terms) -> method"""


METHODS = {"scbch": Entry(build=scbch.build)}
"""Every method, by the name that an experiment gives."""

ExtraTerms = tuple[tuple[str, float, Callable[[Any], Any]], ...]
"""A reader's own terms: name, weight, function of the method's view."""


@dataclass(frozen=True)
class Recipe:
    """What decides shapes and choices; equal recipes share one compilation.

    Numbers that may differ without compiling again are the method's HParams.
    """

    method: str
    sizes: Sizes
    options: Hashable
    """The method's Options."""
    batch_size: int
    extra_terms: ExtraTerms = ()
    """Terms to add to the method's own, or to put in place of one by its name."""

    def build(self, hparams: Any) -> Method:
        """Makes the method; called while tracing, so hparams may be traced."""
        extra = {name: (weight, term) for name, weight, term in self.extra_terms}
        return METHODS[self.method].build(self.sizes, self.options, hparams, extra)
