"""`scbch data show`: the dataset that a run would train on."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import tyro

from scbch_jax.config import Data

if TYPE_CHECKING:
    from scbch_jax.types import Split


@dataclass(frozen=True)
class ShowData:
    """Show the files, sizes and labels of the dataset that a run would train on."""

    data: Annotated[Data, tyro.conf.arg(name="")] = field(default_factory=Data)


def main(options: ShowData) -> None:
    """Reads and checks a dataset; prints its files, sizes and labels."""
    import numpy as np

    from scbch_jax import datasets
    from scbch_jax.cli import console
    from scbch_jax.report import as_markdown

    loaded = datasets.load(options.data)
    console.output(loaded.title)
    for name, file in loaded.sources.items():
        console.output(f"  {name}: {file}")
    console.output(f"split: {loaded.split}")
    if loaded.made_by:
        console.output(f"features: {loaded.made_by}")
    header = ["part", "rows", "image", "text", "classes", "labels per row", "no label"]
    parts = loaded.dataset._asdict().items()
    console.output(as_markdown(header, [_row(name, part) for name, part in parts]))
    counts = np.asarray(loaded.dataset.train.labels).sum(axis=0).astype(int)
    console.output(f"training rows of each class: {' '.join(map(str, counts))}")


def _row(name: str, part: "Split") -> list[str]:
    per_row = part.labels.sum(axis=1)
    return [
        name,
        str(len(part.labels)),
        str(part.image.shape[1]),
        str(part.text.shape[1]),
        str(part.labels.shape[1]),
        f"{per_row.mean():.2f}",
        str(int((per_row == 0).sum())),
    ]
