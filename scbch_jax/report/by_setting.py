"""MAP against noise rate and against code length, where runs differ in them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scbch_jax.report import naming
from scbch_jax.report.drawing import COLOURS, Curve, Figure, lines
from scbch_jax.report.paper import Setting
from scbch_jax.report.runs import mean_and_spread


def figures(settings: Sequence[Setting]) -> list[Figure]:
    """Two figures a dataset at most; curves of more than one point only."""
    found = []
    for name in dict.fromkeys(s.data for s in settings):
        here = [
            s for s in settings if s.data == name and any(r.finished for r in s.runs)
        ]
        title = naming.data_of({"data.name": name})
        for figure in (_against_noise(here, title), _against_bits(here, title)):
            found += figure
    return found


def _against_noise(settings: Sequence[Setting], title: str) -> Iterator[Figure]:
    def along(s: Setting) -> float:
        return 100 * s.rate

    def other(s: Setting) -> str:
        return f"{s.bits} bits"

    for part, curves in _chunks(_curves(settings, along, other)):
        yield Figure(
            f"noise-{_word(title)}{part}",
            f"MAP against noise, {title}",
            _TEXT,
            _drawing(curves, "training rows with a wrong label, %"),
        )


def _against_bits(settings: Sequence[Setting], title: str) -> Iterator[Figure]:
    def along(s: Setting) -> float:
        return s.bits

    def other(s: Setting) -> str:
        return naming.percent_of(s.rate)

    for part, curves in _chunks(_curves(settings, along, other)):
        yield Figure(
            f"bits-{_word(title)}{part}",
            f"MAP against code length, {title}",
            _TEXT,
            _drawing(curves, "code length, bits", doubling=True),
        )


_TEXT = (
    "MAP in percent, average of I2T and T2I, last epoch; bands are ± one standard "
    "deviation over seeds."
)


def _curves(
    settings: Sequence[Setting],
    along: Callable[[Setting], float],
    other: Callable[[Setting], str],
) -> list[Curve]:
    """A curve for each row and each value of the other option; its points sorted."""
    rows = {(s.row, s.features) for s in settings}
    others = {other(s) for s in settings}
    groups: dict[tuple[str, ...], list[Setting]] = {}
    for s in settings:
        groups.setdefault((s.row, s.features, other(s)), []).append(s)
    curves = []
    for (row, _, words), members in groups.items():
        members = sorted(members, key=along)
        if len(members) < 2:
            continue
        values = [
            mean_and_spread([r.line("last")["average"] for r in s.runs if r.finished])
            for s in members
        ]
        label = [row] * (len(rows) > 1) + [words] * (len(others) > 1)
        spread = [100 * (s or 0.0) for _, s in values]
        curves.append(
            Curve(
                naming.brief(", ".join(label)),
                [along(s) for s in members],
                [100 * mean for mean, _ in values],
                spread if any(spread) else None,
            )
        )
    return curves


def _chunks(curves: Sequence[Curve]) -> Iterator[tuple[str, Sequence[Curve]]]:
    """No more curves in a figure than there are colours."""
    most = len(COLOURS)
    for number, start in enumerate(range(0, len(curves), most), 1):
        part = f"-{number}" if len(curves) > most else ""
        yield part, curves[start : start + most]


def _drawing(
    curves: Sequence[Curve], x: str, *, doubling: bool = False
) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        lines(axes, curves, x=x, y="MAP, %")
        if doubling:
            axes.set_xscale("log", base=2)
        ticks = sorted({value for curve in curves for value in curve.x})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()

    return draw


def _word(title: str) -> str:
    return title.lower().replace(" ", "-")
