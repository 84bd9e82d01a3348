"""Figures that the paper prints: best epochs, on VGG19 features, in percent."""

import csv
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

TITLES = {
    "nuswide": "NUS-WIDE",
    "coco": "MS-COCO",
    "mirflickr": "MIRFlickr-25K",
    "iapr": "IAPR TC-12",
}
"""The paper's names of the benchmarks that `data.name` names."""

IN_TABLE = {"nuswide": 1, "coco": 1, "mirflickr": 2, "iapr": 2}
"""Number of the paper's table that has a benchmark."""

RATES = (0.2, 0.5, 0.8)
LENGTHS = (16, 32, 64, 128)
FEATURES = "VGG19 features"


class Published(NamedTuple):
    """One figure of arXiv 2511.07780."""

    data: str
    """The benchmark, as `data.name` has it."""
    method: str
    """With its year, or the variant of Table 3."""
    rate: float
    bits: int
    percent: float


@cache
def results() -> tuple[Published, ...]:
    """Tables 1 and 2: average MAP of I2T and T2I of thirteen methods."""
    return tuple(_read("tables-1-2.csv"))


@cache
def ablations() -> tuple[Published, ...]:
    """Table 3: SCBCH without its parts, at 64 bits."""
    return tuple(_read("table-3.csv"))


def _read(name: str) -> Iterator[Published]:
    names = {title: name for name, title in TITLES.items()}
    folder = resources.files("scbch_jax.report") / "published"
    for row in csv.DictReader((folder / name).read_text().splitlines()):
        method = row.get("variant") or f"{row['method']} {row['year']}".strip()
        yield Published(
            names[row["dataset"]],
            method,
            float(row["noise_rate"]),
            int(row["bits"]),
            float(row["map_percent"]),
        )
