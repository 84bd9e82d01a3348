import numpy as np
import pytest

from scbch_jax import features
from scbch_jax.errors import InputError

TEXTS = ["The dog and the cat", "A dog, running!", "cat cat"]


def test_the_vocabulary_counts_and_orders():
    vocabulary = features.build_vocabulary(TEXTS, min_count=2)
    assert vocabulary == (("cat", 3), ("dog", 2), ("the", 2))
    assert features.build_vocabulary(TEXTS, min_count=1, max_words=1) == (("cat", 3),)
    with pytest.raises(InputError, match="no word occurs 4 times; lower --min-count"):
        features.build_vocabulary(TEXTS, min_count=4)


def test_a_bag_of_words_marks_present_words():
    vocabulary = features.build_vocabulary(TEXTS, min_count=2)
    bags = features.bag_of_words([*TEXTS, "", "zebra"], vocabulary)
    expected = [[1, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(bags, expected)
    assert bags.dtype == np.float32


def test_no_texts_are_no_rows():
    assert features.bag_of_words([], (("cat", 1),)).shape == (0, 1)
