"""`scbch data show`: what a run would train on."""

import numpy as np

from scbch_jax import datasets
from scbch_jax.cli import console
from scbch_jax.cli.options.data_commands import ShowData
from scbch_jax.report import as_markdown
from scbch_jax.types import Split


def main(options: ShowData) -> None:
    """Reads and checks a dataset; prints its files, sizes and labels."""
    loaded = datasets.load(options.data)
    console.say(loaded.title)
    for name, file in loaded.sources.items():
        console.say(f"  {name}: {file}")
    console.say(f"split: {loaded.split}")
    header = ["part", "rows", "image", "text", "classes", "labels a row", "no label"]
    parts = loaded.dataset._asdict().items()
    console.say(as_markdown(header, [_row(name, part) for name, part in parts]))
    counts = np.asarray(loaded.dataset.train.labels).sum(axis=0).astype(int)
    console.say(f"training rows of each class: {' '.join(map(str, counts))}")


def _row(name: str, part: Split) -> list[str]:
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
