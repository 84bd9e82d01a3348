"""The static configuration of a run, and the registry of methods."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

from scbch_jax.errors import require
from scbch_jax.methods import (
    cirh,
    cmmq,
    cpah,
    dgcpn,
    dhrl,
    djsrh,
    ltcmh_like,
    mian,
    nrch,
    pip_like,
    robust,
    rshnl,
    scbch,
    ucch,
)
from scbch_jax.methods.base import Method, Sizes, check_full_batch, check_last_batch
from scbch_jax.optim.bf16_state import bf16_state
from scbch_jax.types import Split


def _accept(sizes: Sizes, options: Any, batch_size: int) -> None:
    """Accepts everything."""


class Entry(NamedTuple):
    """An entry in the registry of methods."""

    build: Callable[..., Method]
    """(sizes, options, hparams, extra_terms) -> method; methods with a context take it
    fifth, None if nothing is to be trained."""
    check: Callable[[Sizes, Any, int], None] = _accept
    """(sizes, options, batch_size) -> None, or InputError if they do not fit."""
    context: Callable[[Any, Split], Any] | None = None
    """(options, training set) -> constant arrays derived from it, such as a graph."""
    learn_labels: Callable[[Any, Split, Any], Any] | None = None
    """(options, training set, key) -> what the method learns from instead of the given
    labels: soft labels of the same shape; None for the given ones."""


METHODS = {
    "scbch": Entry(build=scbch.build, check=scbch.check),
    "ucch": Entry(build=ucch.build, check=check_full_batch),
    "dgcpn": Entry(build=dgcpn.build, check=dgcpn.check, context=dgcpn.context),
    "dhrl": Entry(build=dhrl.build, check=check_last_batch),
    "cirh": Entry(build=cirh.build, check=cirh.check, context=cirh.context),
    "djsrh": Entry(build=djsrh.build, check=check_full_batch),
    "nrch": Entry(build=nrch.build),
    "rshnl": Entry(build=rshnl.build),
    "mian": Entry(build=mian.build, check=check_full_batch),
    "cmmq": Entry(build=cmmq.build, check=cmmq.check),
    "cpah": Entry(build=cpah.build, check=check_last_batch),
    "pip_like": Entry(build=pip_like.build, check=check_full_batch),
    "ltcmh_like": Entry(build=ltcmh_like.build, check=check_full_batch),
    "robust": Entry(
        build=robust.build, check=robust.check, learn_labels=robust.learn_labels
    ),
}
"""Every method, by the name that an experiment gives."""

ExtraTerms = tuple[tuple[str, float, Callable[[Any], Any]], ...]
"""Additional terms: name, weight, function of the method's `TermInputs`."""


@dataclass(frozen=True)
class Recipe:
    """Everything static under `jax.jit`; equal recipes share one compilation.

    Numbers that may differ without a new compilation are the method's HParams.
    """

    method: str
    sizes: Sizes
    options: Hashable
    """The method's Options."""
    batch_size: int
    extra_terms: ExtraTerms = ()
    """Terms to add to the method's own, or to replace by name."""
    moments: str = "float32"
    """Type of the optimizers' state: float32 or bfloat16."""

    def build(self, hparams: Any, context: Any = None) -> Method:
        """Makes the method; called during tracing, so all arguments may be traced.

        Args:
            hparams: the method's hyperparameters.
            context: the result of `context`; may be omitted if nothing is trained.
        """
        entry = METHODS[self.method]
        extra = {name: (weight, term) for name, weight, term in self.extra_terms}
        given = (self.sizes, self.options, hparams, extra)
        method = entry.build(*given, *([context] if entry.context else []))
        if self.moments == "float32":
            return method
        optimizers = {group: bf16_state(o) for group, o in method.optimizers.items()}
        return method._replace(optimizers=optimizers)

    def context(self, train: Split) -> Any:
        """Constant arrays that the method derives from the training set, or None."""
        derive = METHODS[self.method].context
        return None if derive is None else derive(self.options, train)

    def learn_labels(self, train: Split, key: Any) -> Any:
        """Soft labels that the method learns from; None if it uses the given ones.

        Args:
            train: features and given labels, on the host.
            key: of what is drawn.
        """
        learn = METHODS[self.method].learn_labels
        return None if learn is None else learn(self.options, train, key)

    def check(self, *, streamed: bool = False) -> None:
        """Raises `InputError` if the method's options do not fit its data.

        Args:
            streamed: the training set stays on the host.
        """
        fits = not streamed or METHODS[self.method].context is None
        wanted = f"device: {self.method} compares all training rows at once"
        require(fits, "training.features", "stream", wanted)
        METHODS[self.method].check(self.sizes, self.options, self.batch_size)
