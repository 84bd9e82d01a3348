"""`scbch data noise`: what each kind of noise does to the training labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from scbch_jax.config import Data, Noise
from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.config.experiment import DRAWN_NOISE, NO_NOISE_FILE, NoiseKind
from scbch_jax.errors import require

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class NoiseData:
    """Measure what each kind of label noise does to a dataset; write noise files."""

    data: Annotated[Data, tyro.conf.arg(name="")] = field(default_factory=Data)
    kinds: tuple[NoiseKind, ...] = DRAWN_NOISE
    """Kinds of noise, as noise.kind of a run."""
    rates: tuple[float, ...] = (0.2, 0.5, 0.8)
    """Noise rates, as noise.rate of a run."""
    confusion: str = ""
    """Confusion matrix for class-dependent, as noise.confusion of a run."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of the noise; a run with this seed sees the same labels."""
    out: Path | None = None
    """New folder for a noise file of each kind and rate: KIND_RATE.h5 with True, the
    clean training labels, and result, the noisy ones."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        for name in ("kinds", "rates"):
            require(bool(getattr(self, name)), name, "none", "at least one")
        for rate in self.rates:
            require(0 <= rate <= 1, "rates", rate, "numbers from 0 to 1")
        used = not self.confusion or "class-dependent" in self.kinds
        wanted = "class-dependent among the kinds"
        require(used, "confusion", self.confusion, wanted)
        published = "published" in self.kinds and self.data.name in NO_NOISE_FILE
        wanted = f"drawn kinds: {NO_NOISE_FILE.get(self.data.name)} has no noise file"
        require(not published, "kinds", "published", wanted)


def main(options: NoiseData) -> None:
    """Prints a line for each kind and rate; writes noise files if asked to."""
    import numpy as np

    from scbch_jax import datasets
    from scbch_jax.cli import console
    from scbch_jax.data import label_noise
    from scbch_jax.report import as_markdown, percent

    out = options.out
    if out is not None:
        require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    loaded = datasets.load(options.data)
    train = loaded.dataset.train
    clean = np.asarray(train.labels)
    header = ["noise", "rate", "rows", "entries", "precision", "recall", "pairs"]
    lines, files = [], {}
    for kind in options.kinds:
        confusion = options.confusion if kind == "class-dependent" else ""
        for rate in options.rates:
            noise = Noise(kind, rate, confusion)
            noisy = datasets.noisy_labels(
                options.data, noise, clean, seed=options.seed, image=train.image
            )
            effect = label_noise.effect_of(noisy, clean)
            lines.append([kind, f"{rate:g}", *map(percent, effect)])
            if out is not None:
                files[f"{kind}_{rate:g}.h5"] = noisy
    if out is not None:
        _write(out, files, clean)
    rows, classes = clean.shape
    console.output(
        f"{loaded.title}: {rows} training rows, {classes} classes; in percent"
    )
    console.output(as_markdown(header, lines))
    console.output(_FOOTNOTE)


_FOOTNOTE = """\
rows, entries: changed; precision, recall: of noisy against clean labels
pairs: of different rows, sharing a label in only one of clean and noisy labels"""


def _write(out: Path, files: dict[str, np.ndarray], clean: np.ndarray) -> None:
    """Writes noise files in the format of the published ones."""
    from io import BytesIO

    import h5py

    from scbch_jax.io import new_folder

    with new_folder(out) as fresh:
        for name, noisy in files.items():
            # In memory: on a full disk HDF5 ends the process.
            content = BytesIO()
            with h5py.File(content, "w") as file:
                file["True"] = clean.astype("f8")
                file["result"] = noisy.astype("f8")
            (fresh / name).write_bytes(content.getvalue())
