"""What a search looks like: some queries, and the nearest items of the other kind."""

import base64
import html
from collections.abc import Mapping

import numpy as np

from scbch_jax.report import page
from scbch_jax.types import DisplayData

WAYS = {
    "i2t": ("image", "text", "Images search texts"),
    "t2i": ("text", "image", "Texts search images"),
}

_SIGNATURES = {
    b"\x89PNG": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
"""How picture files begin; nothing else is put into the page."""


def section(trace: Mapping[str, np.ndarray], looks: DisplayData | None) -> str:
    """Queries of both directions, each above what it found; nothing without a trace.

    Args:
        trace: of the last epoch.
        looks: pictures, captions and names of labels, where the dataset has them.
    """
    if "queries" not in trace:
        return ""
    shown = looks or DisplayData()
    parts = []
    for way, (asked, found, title) in WAYS.items():
        parts.append(f"<h3>{title}</h3>")
        for place in range(len(trace["queries"])):
            parts.append(_answered(trace, shown, way, place, asked, found))
    return "".join(parts)


def _answered(
    trace: Mapping[str, np.ndarray],
    looks: DisplayData,
    way: str,
    place: int,
    asked: str,
    found: str,
) -> str:
    labels = trace["query_labels"][place]
    row = int(trace["queries"][place])
    card = _content(looks, row, asked) + _labels(looks, labels, labels * 0)
    cards = [f'<div class="query"><span class=mark>query {row}</span>{card}</div>']
    rows = trace[f"items_{way}"][place]
    for item, distance, theirs in zip(
        rows,
        trace[f"distances_{way}"][place],
        trace[f"labels_{way}"][place],
        strict=True,
    ):
        match = bool((theirs & labels).any())
        mark = "✓ match" if match else "✗ no match"
        content = _content(looks, int(trace["database_start"] + item), found)
        far = "1 bit" if distance == 1 else f"{distance} bits"
        cards.append(
            f'<div class="hit{" match" * match}"><span class=mark>{mark}</span>'
            f"<br>{far} apart{content}{_labels(looks, theirs, labels)}</div>"
        )
    return f"<div class=answers>{''.join(cards)}</div>"


def _content(looks: DisplayData, row: int, kind: str) -> str:
    """The picture of an image, the caption of a text; what is there if one is not."""
    picture = looks.picture(row) if looks.picture is not None else None
    caption = looks.captions[row] if looks.captions else ""
    if picture is not None and (kind == "image" or not caption):
        return _picture(picture, caption)
    return page.paragraph(f"“{caption}”") if caption and kind == "text" else ""


def _picture(picture: bytes, caption: str) -> str:
    kinds = [kind for start, kind in _SIGNATURES.items() if picture.startswith(start)]
    if not kinds:
        return ""
    text = base64.b64encode(picture).decode()
    alt = html.escape(caption or "a picture without a caption", quote=True)
    return f'<img alt="{alt}" src="data:{kinds[0]};base64,{text}">'


def _labels(looks: DisplayData, labels: np.ndarray, shared_with: np.ndarray) -> str:
    """Names of labels; those shared with the query bold."""
    words = []
    for number in map(int, np.flatnonzero(labels)):
        name = looks.names[number] if looks.names else f"label {number}"
        name = html.escape(name)
        words.append(f"<b>{name}</b>" if shared_with[number] else name)
    return f"<div class=of>{', '.join(words) or 'no label'}</div>"
