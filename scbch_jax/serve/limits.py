"""What one client may ask of the service, and how long it may take."""

from dataclasses import dataclass
from typing import Annotated

from scbch_jax.config.constraints import at_least, between, optional

MAX_K = 1000
"""Hits of one query."""

MAX_CODES = 256
"""Codes of one request."""

MAX_HITS = 16_384
"""Hits of all codes of one request, so that an answer has some megabytes at most."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits of the service; `/v1/index` shows them."""

    json_bytes: Annotated[int, at_least(256, 2**24)] = 65_536
    """Largest body in JSON."""
    picture_bytes: Annotated[int, at_least(256, 2**28)] = 10_000_000
    """Largest picture file that is searched with."""
    picture_pixels: Annotated[int, at_least(1, 178_956_970)] = 40_000_000
    """Largest picture, by its header, that is decoded."""
    text_characters: Annotated[int, at_least(1, 100_000)] = 2_000
    """Longest text that is searched with."""
    header_bytes: Annotated[int, at_least(1024, 2**20)] = 16_384
    """Largest head of a request."""
    request_seconds: Annotated[float, between(0.1, 3600)] = 10.0
    """Time in which a request has to arrive as a whole."""
    answer_seconds: Annotated[float, between(0.01, 3600)] = 30.0
    """Time after which a request that is not answered is given up."""
    max_pending: Annotated[int, at_least(1, 10_000)] = 64
    """Searches that are worked on or wait; further ones are refused at once."""
    connections: Annotated[int, at_least(1, 10_000)] = 256
    """Open connections; further ones are refused at once."""
    rate: Annotated[float | None, optional(between(0.01, 1_000_000))] = None
    """Requests a second of one client address in the long run; no limit by default."""
