"""MAP that the paper publishes: of best epochs, on VGG19 features, in percent."""

import csv
from functools import cache
from importlib import resources
from typing import NamedTuple

from scbch_jax.data.benchmarks import BENCHMARKS

_IN_PAPER = [known for known in BENCHMARKS.values() if known.paper_table]

TITLES = {known.name: known.paper_title for known in _IN_PAPER}
"""The paper's names of the benchmarks, by `data.name`."""

TABLE_NUMBERS = {known.name: known.paper_table for known in _IN_PAPER}
"""The table of the paper that has a benchmark."""

FEATURES = "VGG19 features"


class PublishedResult(NamedTuple):
    """One number of arXiv 2511.07780."""

    data: str
    """The benchmark, by `data.name`."""
    method: str
    """The method with its year, or the variant of Table 3."""
    rate: float
    """Noise rate."""
    bits: int
    percent: float


@cache
def results() -> tuple[PublishedResult, ...]:
    """Tables 1 and 2: average MAP of I2T and T2I of thirteen methods."""
    return _read("tables-1-2.csv")


@cache
def ablations() -> tuple[PublishedResult, ...]:
    """Table 3: SCBCH without its parts, at 64 bits."""
    return _read("table-3.csv")


def _read(name: str) -> tuple[PublishedResult, ...]:
    names = {title: name for name, title in TITLES.items()}
    file = resources.files("scbch_jax.report") / "published" / name
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines())
    return tuple(
        PublishedResult(
            data=names[row["dataset"]],
            method=row.get("variant") or f"{row['method']} {row['year']}".strip(),
            rate=float(row["noise_rate"]),
            bits=int(row["bits"]),
            percent=float(row["map_percent"]),
        )
        for row in rows
    )
