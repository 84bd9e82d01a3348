"""Metrics of one ranking, straight from their definitions, in exact fractions."""

import itertools
import math
from fractions import Fraction


def average_precision(grades, depth=None):
    hits, total = 0, Fraction(0)
    for rank, grade in enumerate(grades[:depth], start=1):
        if grade > 0:
            hits += 1
            total += Fraction(hits, rank)
    relevant = sum(g > 0 for g in grades)
    return total / min(relevant, depth or relevant)


def released_average_precision(grades, first):
    ranks = [rank for rank, grade in enumerate(grades, start=1) if grade > 0][:first]
    found = [Fraction(hits, rank) for hits, rank in enumerate(ranks, start=1)]
    return sum(found) / len(found)


def precision(grades, depth):
    return Fraction(sum(g > 0 for g in grades[:depth]), min(depth, len(grades)))


def recall(grades, depth):
    return Fraction(sum(g > 0 for g in grades[:depth]), sum(g > 0 for g in grades))


def ndcg(grades, depth):
    def dcg(order):
        return sum(
            (2 ** float(g) - 1) / math.log2(rank + 1)
            for rank, g in enumerate(order[:depth], start=1)
        )

    return dcg(grades) / dcg(sorted(grades, reverse=True))


def cumulative_gain(grades, depth):
    return sum(grades[:depth], Fraction(0)) / min(depth, len(grades))


def weighted_average_precision(grades):
    found = [
        cumulative_gain(grades, rank)
        for rank, grade in enumerate(grades, start=1)
        if grade > 0
    ]
    return sum(found) / len(found)


def orders(distances, grades):
    """Every ranking that the distances allow, as lists of grades."""
    groups = [
        [g for d, g in zip(distances, grades, strict=True) if d == radius]
        for radius in sorted(set(distances))
    ]
    for parts in itertools.product(*(itertools.permutations(g) for g in groups)):
        yield list(itertools.chain(*parts))
