"""Tables as text."""

from collections.abc import Sequence


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; what is not known is a dash.

    >>> percent(0.7861), percent(None)
    ('78.6', '-')
    """
    return "-" if share is None or share != share else f"{100 * share:.1f}"


def as_markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligns cells into a Markdown table; the first column to the left.

    >>> print(as_markdown(["a", "b"], [["x", "1.5"]]))
    | a |   b |
    | - | --: |
    | x | 1.5 |
    """
    cells = [list(header), *map(list, rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]

    def line(row: Sequence[str]) -> str:
        first = row[0].ljust(widths[0])
        rest = [cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = ["-" * widths[0]] + ["-" * (w - 1) + ":" for w in widths[1:]]
    return "\n".join([line(header), line(rule), *(line(row) for row in rows)])
