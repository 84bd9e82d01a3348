import numpy as np

from scbch_jax import features

TEXTS = ["The dog and the cat", "A dog, running!", "cat cat"]


def test_the_vocabulary_counts_and_orders():
    vocabulary = features.vocabulary_of(TEXTS, least=2)
    assert vocabulary == (("cat", 3), ("dog", 2), ("the", 2))
    assert features.vocabulary_of(TEXTS, least=1, most=1) == (("cat", 3),)
    assert features.vocabulary_of(TEXTS, least=4) == ()


def test_a_bag_says_which_words_are_there():
    vocabulary = features.vocabulary_of(TEXTS, least=2)
    bags = features.bag_of_words([*TEXTS, "", "zebra"], vocabulary)
    expected = [[1, 1, 1], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(bags, expected)
    assert bags.dtype == np.float32


def test_no_texts_are_no_rows():
    assert features.bag_of_words([], (("cat", 1),)).shape == (0, 1)
