import numpy as np
import pytest

from scbch_jax import data
from scbch_jax.data import split
from scbch_jax.data.importing.split_dataset import SEEDS
from scbch_jax.errors import InputError
from scbch_jax.types import Dataset, Split


def dataset(**parts):
    good = Split(np.ones((4, 3)), np.ones((4, 2)), np.eye(4, 5))
    return Dataset(**{**{"query": good, "database": good, "train": good}, **parts})


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (
            Split(np.ones((0, 3)), np.ones((0, 2)), np.ones((0, 5))),
            r"query.labels: got shape \(0, 5\)",
        ),
        (
            Split(np.ones((3, 3)), np.ones((4, 2)), np.eye(4, 5)),
            "query.image: got 3 rows, wanted 4",
        ),
        (
            Split(np.ones((4, 3)), np.ones(4), np.eye(4, 5)),
            r"query.text: got shape \(4,\)",
        ),
        (
            Split(np.array([["a"]] * 4), np.ones((4, 2)), np.eye(4, 5)),
            "wanted real numbers",
        ),
        (
            Split(np.ones((4, 3)), np.ones((4, 2)), np.eye(4, 5) * 0.5),
            "wanted only 0 and 1",
        ),
        (
            Split(np.ones((4, 3)), np.ones((4, 2)), np.full((4, 5), np.nan)),
            "wanted only 0 and 1",
        ),
        (
            Split(np.full((4, 3), np.inf), np.ones((4, 2)), np.eye(4, 5)),
            "infinity in row 0",
        ),
        (
            Split(np.ones((4, 3)), np.ones((4, 2)), np.zeros((4, 5))),
            "query.labels: got only zeros, wanted labels, of which some are 1",
        ),
        (
            Split(np.zeros((4, 3)), np.ones((4, 2)), np.eye(4, 5)),
            "query.image: got only zeros",
        ),
    ],
)
def test_bad_parts_are_one_line(part, message):
    with pytest.raises(InputError, match=message) as caught:
        data.check_dataset(dataset(query=part))
    assert "\n" not in str(caught.value)


def test_what_passes_is_float32():
    checked = data.check_dataset(dataset())
    assert {array.dtype for part in checked for array in part} == {np.dtype(np.float32)}


def test_single_rows_of_zeros_are_allowed():
    image, labels = np.ones((4, 3)), np.eye(4, 5)
    image[1], labels[2] = 0, 0
    data.check_dataset(dataset(train=Split(image, np.ones((4, 2)), labels)))


@pytest.mark.parametrize(("name", "seed"), [("dchmt", 1814), ("mith", 1)])
def test_splits_of_permuted_rows(name, seed):
    """As these codes have it: a permutation of all rows, queries, training set."""
    np.random.seed(seed)  # noqa: NPY002 -- the generator of those codes
    order = np.random.permutation(range(30))  # noqa: NPY002
    found = split.rows_permuted(30, queries=4, train=9, seed=SEEDS[name])
    assert found.query.tolist() == order[:4].tolist()
    assert found.train.tolist() == order[4:13].tolist()
    assert found.database.tolist() == order[4:].tolist()
