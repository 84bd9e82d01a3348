"""One seed of an experiment, ready to train."""

from typing import Any, NamedTuple

import jax
import numpy as np

from scbch_jax import datasets, labels, sharding
from scbch_jax.config import Experiment, Training
from scbch_jax.data import label_noise
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.methods.recipe import ExtraTerms
from scbch_jax.types import Dataset, Split

LABELS = 2
"""Folded into the key of a seed for what is drawn to learn labels; training takes the
numbers before."""


class Task(NamedTuple):
    """One seed of an experiment, ready to train."""

    seed: int
    recipe: Recipe
    hparams: Any
    key: Any
    """Root key of the seed."""
    train: Split
    """Training set with the labels to learn from: the noisy ones, or what the method
    makes of them. On the device unless its features are streamed."""
    given: Any
    """Noisy labels, float [samples, classes], on the host."""
    confidence: Any
    """Confidence in the labels of each training row, float [samples], on the host; None
    if the method has none, or updates it during training."""
    clean: Any
    """Which training rows kept their labels; bool [samples], on the host."""
    flips: label_noise.Flips
    """Which entries of the labels noise changed."""


def prepare(
    experiment: Experiment, dataset: Dataset, *, seed: int, extra_terms: ExtraTerms = ()
) -> Task:
    """Corrupts the training labels and puts the training set on the device.

    Args:
        experiment: what to run.
        dataset: with clean labels.
        seed: of weights, batch order and drawn noise.
        extra_terms: loss terms of the user's own.

    Raises:
        InputError: if an option does not fit the data.
    """
    recipe = recipe_of(experiment, dataset.train, extra_terms)
    noisy = noisy_labels(experiment, dataset, seed)
    return task_of(experiment, dataset, recipe, noisy, seed)


def recipe_of(
    experiment: Experiment, train: Split, extra_terms: ExtraTerms = ()
) -> Recipe:
    """What is compiled for an experiment on this training set.

    Raises:
        InputError: if the method's options do not fit it.
    """
    recipe = Recipe(
        method=experiment.method,
        sizes=Sizes(
            image_dim=train.image.shape[1],
            text_dim=train.text.shape[1],
            classes=train.labels.shape[1],
            samples=len(train.labels),
            bits=experiment.bits,
        ),
        options=experiment.options,
        batch_size=experiment.training.batch_size,
        extra_terms=extra_terms,
        moments=experiment.training.moments,
    )
    recipe.check(streamed=experiment.training.features == "stream")
    return recipe


def to_device(training: Training, rows: Any) -> Any:
    """Rows on the device, or unchanged on the host if features are streamed."""
    streamed = training.features == "stream"
    return rows if streamed else sharding.replicate_to_devices(rows)


def noisy_labels(experiment: Experiment, dataset: Dataset, seed: int) -> Any:
    """The training labels of a seed; see `datasets.noisy_labels`."""
    train = dataset.train
    return datasets.noisy_labels(
        experiment.data, experiment.noise, train.labels, seed=seed, image=train.image
    )


def task_of(
    experiment: Experiment, dataset: Dataset, recipe: Recipe, noisy: Any, seed: int
) -> Task:
    """A task with labels that are corrupted already.

    Args:
        experiment: what to run.
        dataset: with clean labels.
        recipe: what to compile.
        noisy: training labels of the seed.
        seed: of weights and batch order.
    """
    clean, key = dataset.train.labels, jax.random.key(seed)
    rows = dataset.train._replace(labels=noisy)
    learned = recipe.learn_labels(rows, jax.random.fold_in(key, LABELS))
    confidence = None
    if learned is not None:
        learned = np.asarray(sharding.to_host(learned))
        confidence = labels.row_confidence(noisy, learned)
        rows = rows._replace(labels=learned)
    return Task(
        seed=seed,
        recipe=recipe,
        hparams=experiment.hparams,
        key=key,
        train=to_device(experiment.training, rows),
        given=np.asarray(noisy),
        confidence=confidence,
        clean=~label_noise.corrupted_rows(noisy, clean),
        flips=label_noise.flips(noisy, clean),
    )
