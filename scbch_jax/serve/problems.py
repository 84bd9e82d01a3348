"""Errors as clients see them: `application/problem+json` (RFC 9457)."""

from typing import NamedTuple

from scbch_jax.serve import messages

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem."""

    status: int
    title: str
    meaning: str
    """What it means, and what to do."""


KINDS = {
    "malformed": Kind(
        400,
        "Malformed",
        "The request is not valid HTTP, or its body is not valid JSON.",
    ),
    "token": Kind(
        401, "Token required", "Send the header Authorization: Bearer TOKEN."
    ),
    "host": Kind(
        403,
        "Foreign host",
        "The header Host names a host that the service does not know; --allow-host "
        "adds one.",
    ),
    "origin": Kind(
        403, "Foreign origin", "A page of another origin sent this request."
    ),
    "not-found": Kind(404, "Not found", "There is no such path, item or picture."),
    "method": Kind(
        405,
        "Method not allowed",
        "This path has other methods; the header Allow lists them.",
    ),
    "slow": Kind(408, "Request timeout", "The request did not arrive in time."),
    "too-large": Kind(413, "Too large", "The body is larger than the limit."),
    "media-type": Kind(
        415,
        "Unsupported media type",
        "JSON has to be sent as application/json, a picture as image/jpeg, image/png "
        "or image/webp.",
    ),
    "value": Kind(422, "Invalid value", "A field has a value that is not accepted."),
    "unknown-words": Kind(
        422, "No known word", "The text model knows no word of the text."
    ),
    "picture": Kind(
        422,
        "Unusable picture",
        "The file is a damaged or too large picture, or not a picture.",
    ),
    "encoder": Kind(
        422,
        "Wrong encoder",
        "The codes are of another encoder than those of the index, or the index has "
        "none for this kind of input.",
    ),
    "rate": Kind(
        429, "Too many requests", "Retry after the number of seconds in Retry-After."
    ),
    "internal": Kind(
        500, "Internal error", "An error in the service; its log has the traceback."
    ),
    "busy": Kind(
        503,
        "Busy",
        "The queue of searches is full; retry after the number of seconds in "
        "Retry-After.",
    ),
    "starting": Kind(503, "Starting", "The encoder is being checked; retry later."),
    "draining": Kind(
        503, "Stopping", "The service is shutting down and takes no new searches."
    ),
    "deadline": Kind(504, "Timeout", "The search took too long and was stopped."),
}
"""By the last part of the problem's type, `/problems/NAME`."""


class Problem(Exception):
    """Ends a request with an error."""

    def __init__(
        self, name: str, detail: str, *, headers: dict[str, str] | None = None
    ) -> None:
        """Takes a key of `KINDS`, and what is wrong with this request."""
        super().__init__(detail)
        self.name, self.detail, self.headers = name, detail, headers or {}

    @property
    def kind(self) -> Kind:
        """Status, title and meaning."""
        return KINDS[self.name]


def refuse(name: str, field: str, got: object, wanted: str) -> Problem:
    """A problem whose detail has the pattern of all messages of the package."""
    return Problem(name, f"{field}: got {got}, wanted {wanted}")


def unavailable(name: str, detail: str, seconds: int) -> Problem:
    """A problem that passes; the client may try again after some seconds."""
    return Problem(name, detail, headers={"Retry-After": str(seconds)})


def of_status(status: int, detail: str, headers: dict[str, str] | None) -> Problem:
    """The problem of a plain HTTP status."""
    name = next((n for n, k in KINDS.items() if k.status == status), "internal")
    return Problem(name, detail, headers=headers)


def body(problem: Problem, instance: str) -> bytes:
    """The problem in JSON.

    Args:
        problem: what is wrong.
        instance: id of the request.
    """
    status, title, _ = problem.kind
    kind = f"/problems/{problem.name}"
    details = messages.ProblemDetails(kind, title, status, problem.detail, instance)
    return messages.encode(details)
