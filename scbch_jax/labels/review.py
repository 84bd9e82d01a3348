"""What posteriors say about given labels: for tables and pages, in NumPy."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num


class Corrections(NamedTuple):
    """Entries whose posterior contradicts the given label, most doubtful first."""

    rows: Int[np.ndarray, " n"]
    classes: Int[np.ndarray, " n"]
    given: Int[np.ndarray, " n"]
    """1 for a label that is probably wrong, 0 for one that is probably missing."""
    probability: Float[np.ndarray, " n"]
    """Posterior that the label is true."""


def expected_errors(
    labels: Num[np.ndarray, "rows classes"],
    probability: Float[np.ndarray, "rows classes"],
) -> Float[np.ndarray, " rows"]:
    """Expected number of wrong entries of each row.

        Σ_c |y_c - P(true_c)|

    Example:
        >>> expected_errors(np.array([[1, 0]]), np.array([[0.25, 0.5]]))
        array([1.25])
    """
    return np.abs(np.asarray(labels) - np.asarray(probability)).sum(axis=1)


def corrections(
    labels: Num[np.ndarray, "rows classes"],
    probability: Float[np.ndarray, "rows classes"],
) -> Corrections:
    """Entries whose posterior is on the other side of 1/2 than the given label.

    Example:
        >>> found = corrections(np.array([[1, 0]]), np.array([[0.4, 0.9]]))
        >>> found.classes.tolist(), found.given.tolist(), found.probability.tolist()
        ([1, 0], [0, 1], [0.9, 0.4])
    """
    given, probability = np.asarray(labels) > 0, np.asarray(probability)
    other = np.where(given, probability < 0.5, probability > 0.5)
    rows, classes = np.nonzero(other)
    given, probability = given[rows, classes].astype(int), probability[rows, classes]
    order = np.argsort(-np.abs(given - probability), kind="stable")
    return Corrections(rows[order], classes[order], given[order], probability[order])


def row_confidence(
    labels: Num[np.ndarray, "rows classes"],
    probability: Float[np.ndarray, "rows classes"],
) -> Float[np.ndarray, " rows"]:
    """Probability that all labels of a row are right, if they are independent.

        Π_c (q_c if y_c is given, else 1 - q_c)

    Example:
        >>> row_confidence(np.array([[1, 0]]), np.array([[0.5, 0.5]]))
        array([0.25])
    """
    given = np.asarray(labels) > 0
    return np.where(given, probability, 1 - np.asarray(probability)).prod(axis=1)
