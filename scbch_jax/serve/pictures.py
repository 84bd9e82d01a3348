"""Picture files of an index: only below its folder, and only if they are pictures."""

from pathlib import Path

from scbch_jax.errors import InputError
from scbch_jax.serve.problems import Problem, refuse

KINDS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""Decoders of the pictures that are searched with, by their media type."""


def media_type(begin: bytes) -> str | None:
    """The media type of a picture by its first 16 bytes; None if it is none.

    >>> media_type(bytes([0x89]) + b"PNG" + bytes(12))
    'image/png'
    """
    if begin[:4] == b"RIFF" and begin[8:12] == b"WEBP":
        return "image/webp"
    signatures = {
        b"\xff\xd8\xff": "image/jpeg",
        b"\x89PNG": "image/png",
        b"GIF8": "image/gif",
        b"BM": "image/bmp",
        b"II*\0": "image/tiff",
        b"MM\0*": "image/tiff",
    }
    return next((m for s, m in signatures.items() if begin.startswith(s)), None)


def locate(root: Path | None, name: object) -> tuple[Path, str] | None:
    """The file of a picture and its media type.

    Args:
        root: the folder of the pictures.
        name: path below it, as a row of an index names it.

    Returns:
        None if the file is not below the folder, links followed, or is no picture.
    """
    if root is None or not isinstance(name, str) or "\0" in name:
        return None
    try:
        base = root.resolve(strict=True)
        path = (base / name).resolve(strict=True)
        if not path.is_relative_to(base) or not path.is_file():
            return None
        with path.open("rb") as file:
            kind = media_type(file.read(16))
    except (OSError, RuntimeError, ValueError):
        return None
    return (path, kind) if kind else None


def decoder(content_type: str) -> str:
    """The decoder of a body, by its header Content-Type.

    Raises:
        Problem: if it is not one of `KINDS`.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in KINDS:
        got = content_type[:80] or "none"
        raise refuse("kind", "Content-Type", got, f"one of {', '.join(KINDS)}")
    return KINDS[kind]


def unusable(error: InputError) -> Problem:
    """The problem of a picture that cannot be read."""
    return Problem("picture", str(error))
