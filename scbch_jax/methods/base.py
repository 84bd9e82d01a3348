"""What a method is made of: a NamedTuple of pure functions, one floor above Optax's."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import optax
from jaxtyping import Array, Float, Int, Key

from scbch_jax.arrays import Batch, Coded, Metrics, Params, ScalarLike


class LossFn(Protocol):
    """A loss that may also rewrite the method's state."""

    def __call__(
        self, params: Params, state: Any, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[Any, Metrics]]:
        """(params, state, batch, key) -> (total, (state, values to log))."""
        ...


class InitFn(Protocol):
    """Draws the initial params and state."""

    def __call__(self, key: Key[Array, ""]) -> tuple[Params, Any]:
        """Key -> (params, state)."""
        ...


class EpochFn(Protocol):
    """What a method does once before each epoch."""

    def __call__(
        self,
        params: Params,
        state: Any,
        train: Coded,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> Any:
        """(params, state, training set, epoch from 0, key) -> state."""
        ...


def note_epoch(
    params: Params, state: Any, train: Coded, epoch: Int[Array, ""], key: Key[Array, ""]
) -> Any:
    """The state with its `epoch` set: all that some methods do between epochs."""
    return state._replace(epoch=epoch)


class EncodeFn(Protocol):
    """Features of one modality to relaxed codes."""

    def __call__(
        self, params: Params, features: Float[Array, "n features"]
    ) -> Float[Array, "n bits"]:
        """(params, features) -> relaxed codes, in [-1, 1]."""
        ...


class Step(NamedTuple):
    """One optimizer step: a loss and the parameter groups it moves."""

    loss: LossFn
    trains: tuple[str, ...]
    """Names of groups, for example ("image", "text")."""


class Method(NamedTuple):
    """A paper as pure functions."""

    init: InitFn
    optimizers: Mapping[str, optax.GradientTransformation]
    """One for each parameter group; steps that move a group share its memory. Each is
    handed the method's state as `method_state=`, as the loss of the step left it."""
    epoch_update: EpochFn
    passes: tuple[tuple[Step, ...], ...]
    """Passes over the training set in an epoch; in each, the steps for every batch."""
    encode_image: EncodeFn
    encode_text: EncodeFn
    looks: Callable[[Any], Any] | None = None
    """Epoch from 0 -> whether its update reads the codes of the training set, which are
    zeros otherwise; never, when left out."""
    drop_remainder: bool = False
    """Leaves out the last batch of a pass where it is shorter than the others."""
