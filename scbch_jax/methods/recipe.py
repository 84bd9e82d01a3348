"""All that is fixed when a run is compiled, and the table of methods."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from scbch_jax.errors import require
from scbch_jax.methods import dgcpn, nrch, scbch, ucch
from scbch_jax.methods.base import Method
from scbch_jax.methods.sizes import Sizes
from scbch_jax.optim.bf16_state import bf16_state
from scbch_jax.types import Split


def _anything(sizes: Sizes, options: Any, batch_size: int) -> None:
    """Finds nothing to refuse."""


class Entry(NamedTuple):
    """A line in the table of methods."""

    build: Callable[..., Method]
    """(sizes, options, hparams, extra_terms) -> method; the context comes fifth where
    the method has one, None if nothing is to be trained."""
    check: Callable[[Sizes, Any, int], None] = _anything
    """(sizes, options, batch_size) -> None, or InputError if they do not fit."""
    context: Callable[[Any, Split], Any] | None = None
    """(options, training set) -> arrays derived from it once, which never move."""


METHODS = {
    "scbch": Entry(build=scbch.build, check=scbch.check),
    "ucch": Entry(build=ucch.build, check=ucch.check),
    "dgcpn": Entry(build=dgcpn.build, check=dgcpn.check, context=dgcpn.context),
    "nrch": Entry(build=nrch.build),
}
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
    moments: str = "float32"
    """How the optimizers' memory is kept: float32 or bfloat16."""

    def build(self, hparams: Any, context: Any = None) -> Method:
        """Makes the method; called while tracing, so all arguments may be traced.

        Args:
            hparams: the method's numbers.
            context: what `context` derived; may be left out where nothing is trained.
        """
        entry = METHODS[self.method]
        extra = {name: (weight, term) for name, weight, term in self.extra_terms}
        given = (self.sizes, self.options, hparams, extra)
        method = entry.build(*given, *([context] if entry.context else []))
        if self.moments == "float32":
            return method
        kept = {group: bf16_state(own) for group, own in method.optimizers.items()}
        return method._replace(optimizers=kept)

    def context(self, train: Split) -> Any:
        """Arrays that the method derives from the training set; None if it has none."""
        derive = METHODS[self.method].context
        return None if derive is None else derive(self.options, train)

    def check(self, *, streamed: bool = False) -> None:
        """Raises `InputError` if the method's options do not fit its data.

        Args:
            streamed: the training set is never on the device as a whole.
        """
        fits = not streamed or METHODS[self.method].context is None
        wanted = f"device: {self.method} compares all training rows at once"
        require(fits, "training.features", "stream", wanted)
        METHODS[self.method].check(self.sizes, self.options, self.batch_size)
