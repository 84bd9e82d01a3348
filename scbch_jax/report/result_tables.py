"""Result tables: the paper's Tables 1 to 3, extended by results of this package."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from scbch_jax.report import published_results, titles
from scbch_jax.report.published_results import PublishedResult
from scbch_jax.report.runs import Run, Which
from scbch_jax.report.tables import Block, Cell, Row, Table, mark_best, mean_cell

Column = tuple[str, float, int]
"""Dataset, noise rate, code length."""


class Setting(NamedTuple):
    """Seeds of one setting, and where it stands in a table."""

    runs: list[Run]
    data: str
    variant: str
    """The method or its ablation."""
    rate: float
    """Noise rate."""
    bits: int
    features: str
    """The file of image features."""
    row: str
    """The variant, and the options in which it differs from others of its name."""

    @property
    def column(self) -> Column:
        """Its column."""
        return self.data, self.rate, self.bits

    @property
    def is_ablation(self) -> bool:
        """Whether parts of the method are left out."""
        return bool(self.runs[0].options.get("options.drop"))

    @property
    def holds_out(self) -> bool:
        """Whether training rows were held out in any of its seeds."""
        return any(run.holds_out for run in self.runs)

    @property
    def finished(self) -> bool:
        """Whether any of its seeds is finished."""
        return any(run.finished for run in self.runs)


def settings_of(groups: Sequence[list[Run]]) -> list[Setting]:
    """Settings with distinct rows.

    Args:
        groups: runs of one setting each.
    """
    unnamed = [_unnamed(runs) for runs in groups]
    named = []
    for setting in unnamed:
        same = [s for s in unnamed if _key(s) == _key(setting)]
        details = titles.option_titles([_other_options(s) for s in same])
        (detail,) = (d for d, s in zip(details, same, strict=True) if s is setting)
        row = f"{setting.variant}, {detail}" if detail else setting.variant
        named.append(setting._replace(row=row))
    return named


def paper_tables(settings: Sequence[Setting]) -> list[Table]:
    """Tables 1 and 2 for each dataset that was run; Table 3 if there are ablations."""
    names = sorted(
        dict.fromkeys(s.data for s in settings if not s.is_ablation),
        key=lambda name: published_results.TABLE_NUMBERS.get(name, 0),
    )
    found = [_methods_table(name, settings) for name in names]
    if any(s.is_ablation for s in settings):
        found.append(_ablations_table(settings))
    return found


def _methods_table(name: str, settings: Sequence[Setting]) -> Table:
    measured = [s for s in settings if s.data == name and not s.is_ablation]
    published = [p for p in published_results.results() if p.data == name]
    rates = sorted({s.rate for s in measured} | {p.rate for p in published})
    lengths = sorted({s.bits for s in measured} | {p.bits for p in published})
    columns = [(name, rate, bits) for rate in rates for bits in lengths]
    number = published_results.TABLE_NUMBERS.get(name)
    title = f"MAP in percent on {titles.dataset_title(name)}, average of I2T and T2I"
    return Table(
        name=f"map-{name}",
        title=f"Table {number}: {title}" if number else title,
        row_header="method",
        column_groups=tuple(
            (titles.noise_title(rate), tuple(f"{bits} bits" for bits in lengths))
            for rate in rates
        ),
        blocks=(
            *_published_blocks(published, columns),
            *_measured_blocks(measured, columns),
        ),
        note=f"{_NOTE} {titles.notes(s.runs[0].options for s in measured)}".strip(),
    )


def _ablations_table(settings: Sequence[Setting]) -> Table:
    """Datasets side by side, code lengths in blocks; the paper has one length."""
    with_ablations = {s.data for s in settings if s.is_ablation}
    measured = [s for s in settings if s.data in with_ablations and _is_scbch(s)]
    published = published_results.ablations()
    names = dict.fromkeys([p.data for p in published] + [s.data for s in measured])
    rates = {
        name: sorted({x.rate for x in (*published, *measured) if x.data == name})
        for name in names
    }

    def columns(bits: int) -> list[Column]:
        return [(name, rate, bits) for name in names for rate in rates[name]]

    blocks = [*_published_blocks(published, columns(64), " at 64 bits")]
    for bits in sorted({s.bits for s in measured}):
        same = [s for s in measured if s.bits == bits]
        blocks += _measured_blocks(same, columns(bits), f" at {bits} bits")
    return Table(
        name="ablations",
        title="Table 3: SCBCH without each of its parts, MAP in percent",
        row_header="variant",
        column_groups=tuple(
            (titles.dataset_title(name), tuple(map(titles.noise_title, rates[name])))
            for name in names
        ),
        blocks=tuple(blocks),
        note=_NOTE,
    )


_NOTE = (
    "Best bold, second best underlined, within a block: blocks differ in features or "
    "in the choice of the epoch and are not to be compared. ± standard deviation over "
    "seeds. Empty: not run, or not finished."
)

_EPOCH_WORDS: dict[Which, str] = {
    "best": "best epoch (chosen on the test queries, as published)",
    "last": "last epoch",
    "selected": "selected epoch (chosen on held-out training rows)",
}


def _is_scbch(setting: Setting) -> bool:
    return setting.runs[0].options.get("method", "scbch") == "scbch"


def _measured_blocks(
    measured: Sequence[Setting], columns: Sequence[Column], length: str = ""
) -> Iterable[Block]:
    """A block for each choice of the epoch and each file of features."""
    for which, words in _EPOCH_WORDS.items():
        shown = [s for s in measured if which != "selected" or s.holds_out]
        for features in dict.fromkeys(s.features for s in shown):
            same = [s for s in shown if s.features == features]
            title = f"this package{length}, {words}; image features: {features}"
            rows = _ablations_first(s.row for s in same)
            yield _block(title, rows, columns, _our_cell(same, which))


def _our_cell(
    settings: Sequence[Setting], which: Which
) -> Callable[[str, Column], Cell]:
    def cell(row: str, column: Column) -> Cell:
        here = [s for s in settings if (s.row, s.column) == (row, column)]
        return mean_cell([run for s in here for run in s.runs], which)

    return cell


def _published_blocks(
    published: Sequence[PublishedResult], columns: Sequence[Column], length: str = ""
) -> Iterable[Block]:
    """One block, or none where the paper has nothing on the dataset."""
    known = {(p.method, p.data, p.rate, p.bits): p.percent for p in published}

    def cell(row: str, column: Column) -> Cell:
        value = known.get((row, *column))
        return Cell() if value is None else Cell(f"{value:.1f}", value)

    if published:
        title = f"published{length}, best epoch; {published_results.FEATURES}"
        yield _block(title, dict.fromkeys(p.method for p in published), columns, cell)


def _block(
    title: str,
    rows: Iterable[str],
    columns: Sequence[Column],
    cell: Callable[[str, Column], Cell],
) -> Block:
    made = (Row(row, tuple(cell(row, column) for column in columns)) for row in rows)
    return mark_best(Block(title, tuple(made)))


def _ablations_first(rows: Iterable[str]) -> list[str]:
    """Ablations before the full method, as in the paper."""
    found = list(dict.fromkeys(rows))
    return sorted(found, key=lambda row: row.split(",")[0] == "SCBCH")


def _unnamed(runs: list[Run]) -> Setting:
    options = runs[0].options
    variant = titles.method_title(options)
    return Setting(
        runs=runs,
        data=options["data.name"],
        variant=variant,
        rate=titles.noise_rate(options),
        bits=options["bits"],
        features=titles.image_features(runs[0]),
        row=variant,
    )


def _key(setting: Setting) -> tuple[str, str, str]:
    return setting.data, setting.variant, setting.features


def _other_options(setting: Setting) -> dict[str, object]:
    """Those without a row or column; of noise rates that are told, only false ones."""
    named = {"data.name", "method", "options.drop", "noise.rate", "bits"}
    options = setting.runs[0].options
    if options.get("hparams.noise_rate") == setting.rate:
        named.add("hparams.noise_rate")
    return {k: v for k, v in options.items() if k not in named}
