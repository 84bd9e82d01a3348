"""Pictures that are searched with."""

from scbch_jax.serve.problems import refuse

KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""Decoders of the pictures that are searched with, by their media type."""


def decoder(content_type: str) -> str:
    """The decoder of a body, by its header Content-Type.

    Raises:
        Problem: if it is not one of `KINDS`.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in KINDS:
        got = content_type[:80] or "none"
        raise refuse("media-type", "Content-Type", got, f"one of {', '.join(KINDS)}")
    return KINDS[kind]
