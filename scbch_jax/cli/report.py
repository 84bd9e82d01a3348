"""`scbch report`: runs and sweeps to one page with tables and figures."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from scbch_jax.config.constraints import ChecksFields, at_least
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.report import Run
    from scbch_jax.types import DisplayData


@dataclass(frozen=True)
class Report(ChecksFields):
    """Write a page, figures and tables of runs and sweeps."""

    source: Annotated[
        tyro.conf.Positional[tuple[Path, ...]], tyro.conf.arg(metavar="SOURCE ...")
    ]
    """Folders written by train or sweep."""
    out: Path = Path("runs") / "report"
    """Folder for index.html, figures/ and tables/; a report that is there is
    replaced."""
    details: Annotated[int, at_least(0)] = 6
    """How many settings get figures of their own, at most."""
    root: Path | None = None
    """Folder of the pictures; for benchmark files also of rows.jsonl and labels.txt."""


def main(options: Report) -> None:
    """Writes the report, and prints the path of its page."""
    from scbch_jax import datasets, report
    from scbch_jax.cli import console
    from scbch_jax.config import experiment_file
    from scbch_jax.report import writing

    root = options.root
    require(root is None or root.is_dir(), "root", root, "a folder that exists")

    def display_of(run: "Run") -> "DisplayData | None":
        data = experiment_file.restore(run.options).data
        return datasets.display_data_of(data, picture_root=root)

    runs = report.read_runs(options.source)
    page = writing.write(
        runs, options.out, details=options.details, display_of=display_of
    )
    console.output(str(page))
