import sys

import numpy as np
import pytest

from scbch_jax import data, datasets
from scbch_jax.cli import program
from scbch_jax.config import Data, Planted

DRAWING = sys.modules[data.planted.__module__]
"""The module, whose name is that of its function."""


def test_sizes_and_that_training_rows_open_the_database():
    sizes = Planted(train=20, queries=5, database=30, classes=4, image_dim=7, words=9)
    dataset = data.check_dataset(data.planted(sizes))
    assert dataset.query.image.shape == (5, 7)
    assert dataset.database.text.shape == (30, 9)
    np.testing.assert_array_equal(dataset.train.image, dataset.database.image[:20])


def test_the_seed_decides():
    first, again, other = (data.planted(Planted(seed=s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(first.train.image, again.train.image)
    assert (first.train.image != other.train.image).any()


def test_blocks_share_what_the_first_one_draws(monkeypatch):
    """The mean feature of a class is the same in each block, and no row is."""
    monkeypatch.setattr(DRAWING, "BLOCK", 1500)
    sizes = Planted(train=2000, queries=100, database=4000, clutter=0.0)
    blocks = list(data.planted_blocks(sizes))
    assert [len(block.labels) for block in blocks] == [1500, 1500, 1100]
    for modality in ("image", "text"):
        first, second = (getattr(block, modality) for block in blocks[:2])
        assert (first != second).any(axis=1).all()
        means = [
            getattr(b, modality)[b.labels[:, 0] > 0].mean(axis=0) for b in blocks[:2]
        ]
        assert np.corrcoef(means)[0, 1] > 0.9


def test_a_drawn_store_has_the_rows_of_the_planted_set(tmp_path, monkeypatch):
    monkeypatch.setattr(DRAWING, "BLOCK", 16)
    words = "--train 20 --queries 5 --database 30 --classes 4 --image-dim 7 --words 9"
    folder = str(tmp_path / "store")
    assert program.main(["data", "draw", *words.split(), "--out", folder]) == 0
    sizes = Planted(train=20, queries=5, database=30, classes=4, image_dim=7, words=9)
    drawn = datasets.load(Data(planted=sizes)).dataset
    stored = datasets.load(Data(name="store", root=folder)).dataset
    for part, wanted in zip(stored, drawn, strict=True):
        for array, expected in zip(part, wanted, strict=True):
            np.testing.assert_array_equal(array, expected)
    assert program.main(["data", "draw", *words.split(), "--out", folder]) == 2


def test_label_sets_overlap_in_part():
    labels = data.planted(Planted()).train.labels
    assert labels.sum(axis=1).min() >= 1
    shared = labels @ labels.T
    sizes = labels.sum(axis=1)
    overlap = shared / (sizes[:, None] + sizes - shared)
    partial = (overlap > 0) & (overlap < 1)
    assert 0.1 < partial.mean() < 0.8


@pytest.mark.parametrize("modality", ["image", "text"])
def test_labels_can_be_learned_but_not_easily(modality):
    """A linear fit to the labels beats chance by far and stays below perfection."""
    dataset = data.check_dataset(data.planted(Planted()))
    train, query = dataset.train, dataset.query
    x, y = getattr(train, modality), train.labels
    x = np.column_stack([x, np.ones(len(x))])
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ y)
    rows = getattr(query, modality)
    guess = np.column_stack([rows, np.ones(len(rows))]) @ weights
    best = np.take_along_axis(query.labels, guess.argmax(axis=1)[:, None], axis=1)
    chance = query.labels.mean(axis=0).max()
    assert chance + 0.1 < best.mean() < 0.95
