"""Files of pictures that may be shown: below a folder, and of a kind browsers know."""

import base64
from pathlib import Path
from typing import Any

KINDS = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
"""Media types by the first bytes of a file."""


def picture_kind(content: bytes) -> str | None:
    """The media type of a picture that browsers show, by its first bytes; else None.

    >>> picture_kind(b"GIF89a"), picture_kind(b"root:x:0:0")
    ('image/gif', None)
    """
    return next((k for head, k in KINDS.items() if content.startswith(head)), None)


def data_uri(content: bytes) -> str | None:
    """A picture as an address that holds it; None if browsers do not show it."""
    kind = picture_kind(content)
    return kind and f"data:{kind};base64,{base64.b64encode(content).decode()}"


def picture_below(folder: Path, name: Any) -> Path | None:
    """The path of a picture's file; None if it is outside the folder, links followed.

    Args:
        folder: below which pictures may be shown.
        name: a path below it; anything else gives None.
    """
    if not name or not isinstance(name, str) or Path(name).is_absolute():
        return None
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError, ValueError):
        return None  # a loop of symbolic links, or a name that no file can have
    return path if path.is_relative_to(folder.resolve()) else None
