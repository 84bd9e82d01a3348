"""Checks of fields, declared with their types: `Annotated[float, between(0, 1)]`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin, get_type_hints

from scbch_jax.errors import require


@dataclass(frozen=True)
class Constraint:
    """A test of one value, and words for the values that pass."""

    test: Callable[[Any], bool]
    words: str


def between(low: float, high: float) -> Constraint:
    """A number from `low` to `high`, both included."""
    return Constraint(lambda x: low <= x <= high, f"a number from {low} to {high}")


LARGEST = 2**31 - 1
"""Upper bound of whole numbers: what programs on a device count with."""


def at_least(low: int, high: int = LARGEST) -> Constraint:
    """A whole number from `low` to `high`, both included."""
    return Constraint(
        lambda n: is_whole(n) and low <= n <= high,
        f"a whole number from {low} to {high}",
    )


def multiple_of(step: int, high: int = LARGEST) -> Constraint:
    """A positive multiple of `step`, at most `high`."""
    return Constraint(
        lambda n: is_whole(n) and 0 < n <= high and n % step == 0,
        f"a positive multiple of {step}, at most {high}",
    )


def positive() -> Constraint:
    """A finite number above 0."""
    return Constraint(lambda x: 0 < x < float("inf"), "a number above 0")


def optional(wanted: Constraint) -> Constraint:
    """None, or a value that passes the other test."""
    return Constraint(lambda x: x is None or wanted.test(x), wanted.words)


def some_names() -> Constraint:
    """One or more names, none of them empty."""
    return Constraint(lambda names: len(names) > 0 and all(names), "one name or more")


def seed_list() -> Constraint:
    """One or more whole numbers from 0 to 2^32 - 1, none of them twice.

    Random keys are made from 32 bits, so larger seeds would repeat smaller ones.
    """
    return _some(_different_numbers(0, 2**32 - 1))


def size_list() -> Constraint:
    """One or more whole numbers from 1, none of them twice."""
    return _some(_different_numbers(1, LARGEST))


def depth_list() -> Constraint:
    """Whole numbers from 1, none of them twice, or none at all."""
    return _different_numbers(1, LARGEST)


def whole_numbers() -> Constraint:
    """Whole numbers from 0, or none."""
    return Constraint(
        lambda xs: all(map(at_least(0).test, xs)), f"whole numbers from 0 to {LARGEST}"
    )


def _different_numbers(low: int, high: int) -> Constraint:
    return Constraint(
        lambda xs: all(map(at_least(low, high).test, xs)) and len(xs) == len(set(xs)),
        f"whole numbers from {low} to {high}, all of them different",
    )


def _some(wanted: Constraint) -> Constraint:
    return Constraint(
        lambda xs: bool(xs) and wanted.test(xs), f"one or more {wanted.words}"
    )


def is_whole(value: Any) -> bool:
    """Whether a value is an int and no bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_fields(settings: Any, prefix: str = "") -> None:
    """Tests every annotated or Literal field of a dataclass or NamedTuple.

    Args:
        settings: the object to test.
        prefix: of the field's name on the command line, such as `training.`.

    Raises:
        InputError: for the first field that does not pass.
    """
    hints = get_type_hints(type(settings), include_extras=True)
    for name, hint in hints.items():
        value = getattr(settings, name)
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        shown = f"{shown}"[:80] or "nothing"
        for wanted in (*getattr(hint, "__metadata__", ()), *_choices(hint)):
            if isinstance(wanted, Constraint):
                require(wanted.test(value), prefix + name, shown, wanted.words)


class ChecksFields:
    """What a dataclass inherits that checks its fields when it is made, and no more."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


class ChecksOptions:
    """The same for the options of a method."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "options.")


def _choices(hint: Any) -> Iterator[Constraint]:
    """The constraint of a Literal, or of a tuple of Literals."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        yield Constraint(lambda x: x in choices, f"one of {', '.join(choices)}")
    elif get_origin(hint) is tuple and get_origin(get_args(hint)[0]) is Literal:
        parts = get_args(get_args(hint)[0])
        words = f"any of {', '.join(parts)}"
        yield Constraint(lambda xs: all(x in parts for x in xs), words)
