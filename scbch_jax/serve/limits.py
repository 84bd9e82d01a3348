"""Limits of a request: its size, its number of results, and its time."""

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
    """Bytes of the largest JSON body."""
    picture_bytes: Annotated[int, at_least(256, 2**28)] = 10_000_000
    """Bytes of the largest picture file."""
    picture_pixels: Annotated[int, at_least(1, 178_956_970)] = 40_000_000
    """Pixels, by its header, of the largest picture that is decoded."""
    text_characters: Annotated[int, at_least(1, 100_000)] = 2_000
    """Characters of the longest text."""
    header_bytes: Annotated[int, at_least(1024, 2**20)] = 16_384
    """Bytes of the longest request line and headers."""
    request_seconds: Annotated[float, between(0.1, 3600)] = 10.0
    """Seconds in which a request has to arrive completely."""
    write_seconds: Annotated[float, between(0.1, 3600)] = 30.0
    """Seconds in which a client has to read what is sent to it."""
    answer_seconds: Annotated[float, between(0.01, 3600)] = 30.0
    """Seconds after which a request gets a timeout error."""
    max_pending: Annotated[int, at_least(1, 10_000)] = 64
    """Searches in progress or waiting; further ones are refused at once."""
    connections: Annotated[int, at_least(1, 10_000)] = 256
    """Open connections; further ones are refused at once."""
    rate: Annotated[float | None, optional(between(0.01, 1_000_000))] = None
    """Average requests a second of one client address; no limit by default."""
