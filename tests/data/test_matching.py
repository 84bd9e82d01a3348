"""Rows of an original beside published rows: every verdict, on small tables."""

import numpy as np
import pytest

from scbch_jax.data.archives import matching
from scbch_jax.data.archives.matching import Table
from scbch_jax.errors import InputError

ROWS = 40


def drawn(seed=0, rows=ROWS):
    """Labels and texts without two equal rows, and without two equal columns."""
    rng = np.random.default_rng(seed)
    labels = (rng.random((rows, 7)) < 0.4).astype(np.uint8)
    text = (rng.random((rows, 19)) < 0.3).astype(np.uint8)
    both = np.concatenate([labels, text], axis=1)
    assert len(np.unique(both, axis=0)) == rows
    return Table(labels, text)


def taken(table, rows=slice(None), columns=(slice(None), slice(None))):
    parts = zip(table, columns, strict=True)
    return Table(*(matrix[rows][:, order] for matrix, order in parts))


def test_equal_rows_in_the_same_order():
    found = matching.match(drawn(), drawn())
    assert found.order == "this order"
    assert found.published.tolist() == list(range(ROWS))
    assert (found.equal, found.placed, found.permuted) == (ROWS, ROWS, (0, 0))


def test_an_order_that_is_known_places_all_rows_even_equal_ones():
    table = drawn()
    table.labels[3], table.text[3] = table.labels[9], table.text[9]
    order = np.random.default_rng(1).permutation(ROWS)
    found = matching.match(table, taken(table, order), {"by train ids": order})
    assert found.order == "by train ids"
    assert found.published[order].tolist() == list(range(ROWS))
    assert found.groups == ()


@pytest.mark.parametrize("permute", [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("shuffle", [False, True])
def test_rows_and_columns_in_another_order(permute, shuffle):
    rng = np.random.default_rng(2)
    own = drawn()
    columns = tuple(
        rng.permutation(m.shape[1]) if p else np.arange(m.shape[1])
        for m, p in zip(own, permute, strict=True)
    )
    order = rng.permutation(ROWS) if shuffle else np.arange(ROWS)
    found = matching.match(own, taken(own, order, columns))
    assert found.order == ("" if shuffle else "this order")
    assert found.published[order].tolist() == list(range(ROWS))
    for mine, wanted in zip(found.columns, columns, strict=True):
        np.testing.assert_array_equal(mine, wanted)
    moved = [int((c != np.arange(len(c))).sum()) for c in columns]
    assert list(found.permuted) == moved


def test_one_changed_bit_is_named_on_both_sides():
    own, other = drawn(), drawn()
    other.text[11, 4] ^= 1
    found = matching.match(own, other)
    assert (found.own_left, found.published_left) == ((11,), (11,))
    assert found.equal == ROWS - 1
    assert found.published[11] == -1
    order = np.random.default_rng(3).permutation(ROWS)
    found = matching.match(own, taken(other, order))
    assert found.own_left == (11,)
    assert order[list(found.published_left)].tolist() == [11]


def test_equal_rows_are_ambiguous_once_shuffled():
    own = drawn()
    own.labels[3], own.text[3] = own.labels[9], own.text[9]
    found = matching.match(own, taken(own, np.arange(ROWS)[::-1]))
    assert found.groups == ((3, 9),)
    assert (found.equal, found.placed) == (ROWS, ROWS - 2)
    assert found.published[[3, 9]].tolist() == [-1, -1]


def test_a_row_that_is_missing_or_there_twice_is_named():
    own = drawn()
    found = matching.match(own, taken(own, [*range(5), *range(6, ROWS), 0]))
    assert found.own_left == (5,)
    assert found.published_left == (ROWS - 1,)
    assert found.groups == ((0,),)


def test_labels_alone_are_compared_without_texts():
    own = drawn()
    found = matching.match(own, Table(own.labels, None))
    assert found.order == "this order"
    assert len(found.columns) == 1
    with pytest.raises(InputError, match="published columns: got 5, wanted 7"):
        matching.match(own, Table(own.labels[:, :5], None))


@pytest.mark.parametrize("seed", range(20))
def test_columns_are_recovered_or_equal(seed):
    """Also where columns are equal or few: what is said to be equal is equal."""
    rng = np.random.default_rng(seed)
    own = Table(*((rng.random((12, n)) < 0.4).astype(np.uint8) for n in (3, 5)))
    columns = tuple(rng.permutation(m.shape[1]) for m in own)
    order = rng.permutation(12)
    other = taken(own, order, columns)
    found = matching.match(own, other)
    mine = taken(own, slice(None), found.columns)
    for row, there in enumerate(found.published):
        if there >= 0:
            np.testing.assert_array_equal(mine.labels[row], other.labels[there])
            np.testing.assert_array_equal(mine.text[row], other.text[there])
    assert found.equal == 12
