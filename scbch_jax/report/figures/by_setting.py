"""MAP against noise rate and against code length, where settings differ in them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scbch_jax.report import titles
from scbch_jax.report.figures.drawing import COLORS, Curve, Figure, curves_figure
from scbch_jax.report.result_tables import Setting
from scbch_jax.report.runs import average_map, mean_and_std


def figures(settings: Sequence[Setting]) -> list[Figure]:
    """Both figures of each dataset, with the curves that have several points."""
    found = []
    for data in dict.fromkeys(s.data for s in settings):
        here = [s for s in settings if s.data == data and s.finished]
        title = titles.dataset_title(data)
        by_noise = _curves(here, lambda s: 100 * s.rate, lambda s: f"{s.bits} bits")
        x = "noise rate, % of training rows"
        found += _against(by_noise, "noise", "noise", title, x)
        by_bits = _curves(here, lambda s: s.bits, lambda s: titles.noise_title(s.rate))
        x = "code length, bits"
        found += _against(by_bits, "bits", "code length", title, x, log=True)
    return found


def _against(
    curves: list[Curve], name: str, what: str, title: str, x: str, *, log: bool = False
) -> Iterator[Figure]:
    for part, some in _parts(curves):
        yield curves_figure(
            f"{name}-{_file_name(title)}{part}",
            f"MAP against {what}, {title}",
            _TEXT,
            some,
            x=x,
            y="MAP, %",
            finish=_ticks(some, log=log),
        )


_TEXT = (
    "MAP in percent, average of I2T and T2I, last epoch; bands are ± one standard "
    "deviation over seeds."
)


def _curves(
    settings: Sequence[Setting],
    x_of: Callable[[Setting], float],
    other_of: Callable[[Setting], str],
) -> list[Curve]:
    """A curve for each row and each value of the other option, with sorted points."""
    rows = {(s.row, s.features) for s in settings}
    others = {other_of(s) for s in settings}
    groups: dict[tuple[str, ...], list[Setting]] = {}
    for s in settings:
        groups.setdefault((s.row, s.features, other_of(s)), []).append(s)
    curves = []
    for (row, _, other), members in groups.items():
        if len(members) < 2:
            continue
        members = sorted(members, key=x_of)
        points = [_mean_and_std(s) for s in members]
        std = [100 * (s or 0.0) for _, s in points]
        label = [row] * (len(rows) > 1) + [other] * (len(others) > 1)
        curves.append(
            Curve(
                titles.short_variant(", ".join(label)),
                [x_of(s) for s in members],
                [100 * mean for mean, _ in points],
                std if any(std) else None,
            )
        )
    return curves


def _mean_and_std(setting: Setting) -> tuple[float, float | None]:
    last = (average_map(r.scored[-1]) for r in setting.runs if r.finished)
    return mean_and_std([value for value in last if value is not None])


def _parts(curves: Sequence[Curve]) -> Iterator[tuple[str, Sequence[Curve]]]:
    """As many curves for each figure as there are colors, and its number, if any."""
    size = len(COLORS)
    for number, start in enumerate(range(0, len(curves), size), 1):
        part = f"-{number}" if len(curves) > size else ""
        yield part, curves[start : start + size]


def _ticks(curves: Sequence[Curve], *, log: bool = False) -> Callable[[Any], None]:
    def finish(axes: Any) -> None:
        if log:
            axes.set_xscale("log", base=2)
        ticks = sorted({value for curve in curves for value in curve.x})
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()

    return finish


def _file_name(title: str) -> str:
    return title.lower().replace(" ", "-")
