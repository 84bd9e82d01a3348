"""The paper's Tables 1 to 3: published figures in blocks of their own, and ours."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from scbch_jax.report import naming, published_results
from scbch_jax.report.published_results import Published
from scbch_jax.report.runs import Run
from scbch_jax.report.sheet import Block, Cell, Row, Sheet, cell_of, marked

Column = tuple[str, float, int]
"""Dataset, noise rate, code length."""


class Setting(NamedTuple):
    """Seeds of one setting, and where tables put them."""

    runs: list[Run]
    data: str
    variant: str
    rate: float
    bits: int
    features: str
    row: str
    """The variant, and what else tells it from others in its place."""

    @property
    def column(self) -> Column:
        """Where it stands in its row."""
        return self.data, self.rate, self.bits

    @property
    def is_ablation(self) -> bool:
        """Whether parts of the method are left out."""
        return bool(self.runs[0].options.get("options.drop"))


def settings_of(groups: Sequence[list[Run]]) -> list[Setting]:
    """Names the settings; those of one place get rows of their own.

    Args:
        groups: runs of one setting each.
    """
    bare = [_bare(runs) for runs in groups]
    named = []
    for one in bare:
        alike = [other for other in bare if _place(other) == _place(one)]
        words = naming.details_of([_other_options(other) for other in alike])
        (detail,) = (w for w, s in zip(words, alike, strict=True) if s is one)
        row = f"{one.variant}, {detail}" if detail else one.variant
        named.append(one._replace(row=row))
    return named


def sheets(settings: Sequence[Setting]) -> list[Sheet]:
    """Tables 1 and 2 for each dataset that was run, and Table 3 if parts were left out.

    Args:
        settings: of `settings_of`.
    """
    names = sorted(
        dict.fromkeys(s.data for s in settings if not s.is_ablation),
        key=lambda name: published_results.IN_TABLE.get(name, 0),
    )
    found = [_of_methods(name, settings) for name in names]
    if any(s.is_ablation for s in settings):
        found.append(_of_ablations(settings))
    return found


def _of_methods(name: str, settings: Sequence[Setting]) -> Sheet:
    ours = [s for s in settings if s.data == name and not s.is_ablation]
    theirs = [p for p in published_results.results() if p.data == name]
    rates = sorted({s.rate for s in ours} | {p.rate for p in theirs})
    lengths = sorted({s.bits for s in ours} | {p.bits for p in theirs})
    columns = [(name, rate, bits) for rate in rates for bits in lengths]
    title = naming.data_of({"data.name": name})
    number = f"Table {published_results.IN_TABLE[name]}: " if theirs else ""
    return Sheet(
        name=f"map-{name}",
        title=f"{number}MAP in percent on {title}, average of I2T and T2I",
        corner="method",
        groups=tuple(
            (naming.percent_of(rate), tuple(f"{bits} bits" for bits in lengths))
            for rate in rates
        ),
        blocks=(*_published_blocks(theirs, columns), *_blocks(ours, columns)),
        note=_NOTE,
    )


def _of_ablations(settings: Sequence[Setting]) -> Sheet:
    """Datasets side by side; lengths, which the paper has one of, in blocks."""
    with_parts_out = {s.data for s in settings if s.is_ablation}
    ours = [s for s in settings if s.data in with_parts_out and _of_scbch(s)]
    theirs = published_results.ablations()
    names = dict.fromkeys([p.data for p in theirs] + [s.data for s in ours])
    rates = {
        name: sorted({x.rate for x in (*theirs, *ours) if x.data == name})
        for name in names
    }

    def columns(bits: int) -> list[Column]:
        return [(name, rate, bits) for name in names for rate in rates[name]]

    blocks = [*_published_blocks(theirs, columns(64), " at 64 bits")]
    for bits in sorted({s.bits for s in ours}):
        same = [s for s in ours if s.bits == bits]
        blocks += _blocks(same, columns(bits), f" at {bits} bits")
    return Sheet(
        name="ablations",
        title="Table 3: what each part of SCBCH adds, MAP in percent",
        corner="variant",
        groups=tuple(
            (
                naming.data_of({"data.name": name}),
                tuple(naming.percent_of(rate) for rate in rates[name]),
            )
            for name in names
        ),
        blocks=tuple(blocks),
        note=_NOTE,
    )


_NOTE = (
    "Best bold, second underlined, within a block: blocks differ in features or in the "
    "epoch and are not to be compared. ± standard deviation over seeds. Empty: not "
    "run, or not finished."
)


def _of_scbch(setting: Setting) -> bool:
    return setting.runs[0].options.get("method", "scbch") == "scbch"


def _blocks(
    ours: Sequence[Setting], columns: Sequence[Column], where: str = ""
) -> Iterable[Block]:
    """Ours, by features and by epoch."""
    for which, words in _WHICH.items():
        for features in dict.fromkeys(s.features for s in ours):
            same = [s for s in ours if s.features == features]

            title = f"ours{where}, {words}; image features: {features}"
            rows = _in_order(s.row for s in same)
            yield _block(title, rows, columns, _ours_in(same, which))


def _ours_in(settings: Sequence[Setting], which: str) -> Callable[[str, Column], Cell]:
    def cell(row: str, column: Column) -> Cell:
        here = [s for s in settings if (s.row, s.column) == (row, column)]
        return cell_of([run for s in here for run in s.runs], which)

    return cell


_WHICH = {
    "best": "best epoch (chosen on the test queries, as published)",
    "last": "last epoch",
}


def _published_blocks(
    theirs: Sequence[Published], columns: Sequence[Column], where: str = ""
) -> Iterable[Block]:
    """One block, or none where the paper has nothing on the dataset."""
    known = {(p.method, p.data, p.rate, p.bits): p.percent for p in theirs}

    def cell(row: str, column: Column) -> Cell:
        value = known.get((row, *column))
        return Cell() if value is None else Cell(f"{value:.1f}", value)

    if theirs:
        title = f"published{where}, best epoch; {published_results.FEATURES}"
        yield _block(title, dict.fromkeys(p.method for p in theirs), columns, cell)


def _block(
    title: str,
    rows: Iterable[str],
    columns: Sequence[Column],
    cell: Callable[[str, Column], Cell],
) -> Block:
    made = (Row(row, tuple(cell(row, column) for column in columns)) for row in rows)
    return marked(Block(title, tuple(made)))


def _in_order(rows: Iterable[str]) -> list[str]:
    """Whole methods after their variants, as the paper has them."""
    found = list(dict.fromkeys(rows))
    return sorted(found, key=lambda row: row.split(",")[0] == "SCBCH")


def _bare(runs: list[Run]) -> Setting:
    options = runs[0].options
    variant = naming.method_of(options)
    return Setting(
        runs=runs,
        data=options["data.name"],
        variant=variant,
        rate=naming.rate_of(options),
        bits=options["bits"],
        features=naming.features_of(runs[0]),
        row=variant,
    )


def _place(setting: Setting) -> tuple[str, str, str]:
    return setting.data, setting.variant, setting.features


def _other_options(setting: Setting) -> dict[str, object]:
    told = ("data.name", "method", "options.drop", "noise.rate", "bits")
    options = setting.runs[0].options
    return {k: v for k, v in options.items() if k not in told}
