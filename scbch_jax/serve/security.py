"""Access: host names, origins, tokens and rates; security headers of responses."""

import hmac
import ipaddress
import re
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from scbch_jax.errors import InputError, require
from scbch_jax.serve.problems import Problem, refuse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer."""

OPEN_PATHS = ("/", "/health/live", "/health/ready")
"""What needs no token, beside files of the page: the page itself holds nothing of the
index until it has a token."""

SHORTEST_TOKEN = 16
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:/?#@\s\[\]]+)(:\d{1,5})?")
_CLIENTS = 10_000
"""Client addresses whose rates are kept."""


class Rules(NamedTuple):
    """Which clients may use the service."""

    hosts: frozenset[str] = frozenset()
    """Names beside those of the loopback address."""
    token: bytes = b""
    """Empty if none is wanted."""


def is_loopback(host: str) -> bool:
    """Whether a name in a URL means this machine.

    >>> [is_loopback(x) for x in ("localhost", "127.0.0.1", "[::1]", "example.com")]
    [True, True, True, False]
    """
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def read_token(path: Path) -> bytes:
    """The token of a file, without white space around it.

    Raises:
        InputError: if the file cannot be read, or the token is short or has other
            characters than a header may hold.
    """
    try:
        token = path.read_bytes().strip()
    except OSError as error:
        raise InputError(f"token-file: got {path} ({error.strerror})") from error
    wanted = f"at least {SHORTEST_TOKEN} letters, digits and - . _ ~ + / ="
    ok = re.fullmatch(rb"[A-Za-z0-9._~+/=-]{%d,}" % SHORTEST_TOKEN, token) is not None
    require(ok, "token-file", f"{path} with something else", wanted)
    return token


def check(path: str, headers: Mapping[str, str], rules: Rules) -> None:
    """Checks the Host, the Origin and the token of a request.

    Args:
        path: of the request.
        headers: by their names in small letters.
        rules: which clients may send requests.

    Raises:
        Problem: if it is refused.
    """
    host = headers.get("host", "")
    parts = _AUTHORITY.fullmatch(host)
    known = parts is not None and (
        is_loopback(parts[1]) or parts[1].lower() in rules.hosts
    )
    if not known:
        wanted = "localhost, or a name that --allow-host gives"
        raise refuse("host", "Host", host[:80] or "none", wanted)
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        raise refuse("origin", "Origin", origin[:80], f"that of {host}")
    public = path in OPEN_PATHS or path.startswith("/assets/")
    if rules.token and not public and not has_token(headers, rules):
        given = "authorization" in headers
        got = "another one" if given else "none"
        raise Problem(
            "token",
            f"Authorization: got {got}, wanted Bearer and the token",
            headers={"WWW-Authenticate": "Bearer"},
        )


def has_token(headers: Mapping[str, str], rules: Rules) -> bool:
    """Whether a request has the token, or none is wanted."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(token.strip().encode("utf-8", "replace"), rules.token)
    return not rules.token or (kind.lower() == "bearer" and same)


class Rate:
    """A bucket of requests for each client address, refilled at a steady rate."""

    def __init__(self, rate: float) -> None:
        """Takes the requests a second of one client in the long run."""
        self.rate = rate
        self.burst = max(1.0, 2 * rate)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """Takes one request of a client's bucket.

        Raises:
            Problem: if it is empty.
        """
        now = time.monotonic()
        level, before = self._buckets.pop(client, (self.burst, now))
        level = min(self.burst, level + (now - before) * self.rate)
        enough = level >= 1
        self._buckets[client] = (level - 1 if enough else level, now)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        if not enough:
            seconds = int((1 - level) / self.rate) + 1
            headers = {"Retry-After": str(seconds)}
            detail = f"requests: got more, wanted {self.rate:g} a second"
            raise Problem("rate", detail, headers=headers)
