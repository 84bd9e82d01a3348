"""Why a cell failed, in one line."""

import re

from scbch_jax.errors import InputError


def reason_of(error: Exception) -> str:
    """What a person can do something about first, in one line."""
    said = (str(error) or "no message").splitlines()[0]
    if isinstance(error, InputError):
        return said
    if is_out_of_memory(error):
        return f"memory: got {said}, wanted less: a smaller options.hidden or lanes"
    if isinstance(error, OSError):
        return f"files: got {said}, wanted room to write and leave to read"
    return f"bug: got {type(error).__name__}: {said}, wanted none"


def is_out_of_memory(error: Exception) -> bool:
    """Whether the device, or the machine, had not room enough."""
    said = re.search("RESOURCE_EXHAUSTED|[Oo]ut of memory", str(error))
    return said is not None or isinstance(error, MemoryError)
