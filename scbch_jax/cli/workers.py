"""Options of commands whose work is shared by several processes."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.errors import require


@dataclass(frozen=True, kw_only=True)
class WorkerOptions:
    """Where the parts of the work are computed."""

    workers: Annotated[int, at_least(0, 1024)] = 0
    """Processes on this machine that share the work; 0: this process does it all."""
    scheduler: str = ""
    """Address of a Dask scheduler whose workers share the work instead, such as
    tcp://127.0.0.1:8786; they have to see the same files by the same paths. Whoever
    reaches a scheduler can run programs on it: use one that you trust."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        one = not (self.workers and self.scheduler)
        require(one, "workers", "--workers with --scheduler", "one of them")
