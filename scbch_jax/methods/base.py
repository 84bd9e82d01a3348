"""The interface of a method: a NamedTuple of pure functions, as Optax's optimizers."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import optax
from jaxtyping import Array, Bool, Float, Int, Key

from scbch_jax.arrays import Batch, Metrics, Params, ScalarLike, TrainingCodes
from scbch_jax.errors import require


class Sizes(NamedTuple):
    """Sizes of the data and the codes."""

    image_dim: int
    text_dim: int
    classes: int
    samples: int
    """Training samples."""
    bits: int
    """Code length L."""


class LossFn(Protocol):
    """A loss that may also update the method's state."""

    def __call__(
        self, params: Params, state: Any, batch: Batch, key: Key[Array, ""]
    ) -> tuple[ScalarLike, tuple[Any, Metrics]]:
        """(params, state, batch, key) -> (total, (state, values to log))."""
        ...


class InitFn(Protocol):
    """Initializes params and state."""

    def __call__(self, key: Key[Array, ""]) -> tuple[Params, Any]:
        """Key -> (params, state)."""
        ...


class EpochFn(Protocol):
    """The method's update before each epoch."""

    def __call__(
        self,
        params: Params,
        state: Any,
        train: TrainingCodes,
        epoch: Int[Array, ""],
        key: Key[Array, ""],
    ) -> Any:
        """(params, state, training set, epoch from 0, key) -> state."""
        ...


def record_epoch(
    params: Params,
    state: Any,
    train: TrainingCodes,
    epoch: Int[Array, ""],
    key: Key[Array, ""],
) -> Any:
    """Sets `epoch` in the state: the update of methods that need no other."""
    return state._replace(epoch=epoch)


class EncodeFn(Protocol):
    """Features of one modality to relaxed codes."""

    def __call__(
        self, params: Params, features: Float[Array, "n features"]
    ) -> Float[Array, "n bits"]:
        """(params, features) -> relaxed codes, in [-1, 1]."""
        ...


def check_last_batch(sizes: Sizes, options: Any, batch_size: int) -> None:
    """Raises `InputError` if the last batch has one row only, which has no variance.

    For methods with batch normalization.
    """
    wanted = f"a size that does not leave one of the {sizes.samples} rows alone"
    alone = sizes.samples % batch_size == 1
    require(not alone, "training.batch_size", batch_size, wanted)


def check_full_batch(sizes: Sizes, options: Any, batch_size: int) -> None:
    """Raises `InputError` unless the rows fill a batch.

    For methods that leave out a shorter one.
    """
    wanted = f"at most the {sizes.samples} training rows"
    fits = batch_size <= sizes.samples
    require(fits, "training.batch_size", batch_size, wanted)


class Step(NamedTuple):
    """One optimizer step: a loss and the parameter groups it updates."""

    loss: LossFn
    trains: tuple[str, ...]
    """Names of groups, for example ("image", "text")."""
    when: Callable[[Any], Bool[Array, ""]] | None = None
    """Method's state -> whether to take the step; always if omitted. A skipped step is
    not computed and changes nothing; the values that it logs are those of the batch's
    steps before it by the same name, or zeros."""
    keeps: Callable[[Any, Batch], Bool[Array, " n"]] | None = None
    """(method's state, batch) -> rows that the loss is of; all if omitted. It may get
    some of the others, which it has to ignore, and get the rows in another order."""


class Method(NamedTuple):
    """A paper as pure functions."""

    init: InitFn
    optimizers: Mapping[str, optax.GradientTransformation]
    """One for each parameter group that has a gradient, shared by all steps that train
    the group. Each gets the method's state, as the loss of the step returned it, as
    `method_state=`."""
    epoch_update: EpochFn
    passes: tuple[tuple[Step, ...], ...]
    """Passes over the training set in an epoch: for each, the steps on every batch."""
    encode_image: EncodeFn
    encode_text: EncodeFn
    needs_codes: Callable[[Any], Any] | None = None
    """Epoch from 0 -> whether its update needs the codes of the training set, which are
    zeros otherwise; never if omitted."""
    after_step: Callable[[Params, Any], Params] | None = None
    """(params, state) -> params, after each step: puts what the forward pass measured,
    such as the running means of batch normalization, beside the weights, for encoding.
    """
    drop_remainder: bool = False
    """Leave out the last batch of a pass if it is shorter than the others."""
