"""Runs that were trained on drawn pictures and captions, for tests of encoders."""

import picture_folders
from command_line import SMOKE

from scbch_jax.cli import program

TEXTS = {
    "words": ["--kind", "words"],
    "doc2vec": ["--kind", "doc2vec", "--dim", "300", "--epochs", "2"],
}
"""Options of text models; 300 columns are Doc2Vec's default."""


def scbch(*words):
    """Runs a command that must succeed."""
    assert program.main([str(word) for word in words]) == 0


def make(folder, kind="words", count=24):
    """Pictures, their store with its text model, and a run of two seeds."""
    picture_folders.draw(folder / "pictures", count=count)
    words = ["features", "all", folder / "pictures", "--network", "descriptor"]
    scbch(*words, *TEXTS[kind], "--queries", "4", "--out", folder / "store")
    data = ["--data.name", "store", "--data.root", folder / "store"]
    small = ["--training.epochs", "1", "--bits", "32", "--options.hidden", "8"]
    more = ["--noise.kind", "none", "--options.neighbors", "3", "--seeds", "0", "1"]
    scbch("train", SMOKE, *data, *small, *more, "--out", folder / "run")
    return folder
