"""`scbch data noise`: what each kind of noise does to the training labels."""

import os
import shutil
from pathlib import Path

import h5py
import numpy as np

from scbch_jax import datasets
from scbch_jax.cli import console
from scbch_jax.cli.options.data_commands import NoiseData
from scbch_jax.config import Noise
from scbch_jax.data import label_noise
from scbch_jax.errors import require
from scbch_jax.report import as_markdown, percent


def main(options: NoiseData) -> None:
    """Prints a line for each kind and rate; writes noise files if asked to."""
    out = options.out
    if out is not None:
        require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    loaded = datasets.load(options.data)
    train = loaded.dataset.train
    clean = np.asarray(train.labels)
    header = ["noise", "rate", "rows", "entries", "precision", "recall", "pairs"]
    lines, files = [], {}
    for kind in options.kinds:
        for rate in options.rates:
            noisy = datasets.noisy_labels(
                options.data,
                Noise(kind, rate, options.confusion if kind == "confuse" else ""),
                clean,
                seed=options.seed,
                image=train.image,
            )
            effect = label_noise.effect_of(noisy, clean)
            lines.append([kind, f"{rate:g}", *map(percent, effect)])
            if out is not None:
                files[f"{kind}_{rate:g}.h5"] = noisy
    if out is not None:
        _write(out, files, clean)
    rows, classes = clean.shape
    console.say(f"{loaded.title}: {rows} training rows, {classes} classes; percent")
    console.say(as_markdown(header, lines))
    console.say(_FOOTNOTE)


_FOOTNOTE = """\
rows, entries: changed; precision, recall: of noisy against clean labels
pairs: of different rows, whose sharing a label changed"""


def _write(out: Path, files: dict[str, np.ndarray], clean: np.ndarray) -> None:
    """Writes the folder whole or not at all, each file as published ones are."""
    fresh = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        fresh.mkdir(parents=True)
        for name, noisy in files.items():
            with h5py.File(fresh / name, "w") as file:
                file["True"] = clean.astype(np.float64)
                file["result"] = noisy.astype(np.float64)
        fresh.rename(out)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
