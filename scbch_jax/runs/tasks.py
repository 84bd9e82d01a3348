"""One seed of an experiment, ready to train."""

from typing import Any, NamedTuple

import jax

from scbch_jax import datasets, sharding
from scbch_jax.config import Experiment, Training
from scbch_jax.data import label_noise
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.methods.recipe import ExtraTerms
from scbch_jax.types import Dataset, Split


class Task(NamedTuple):
    """One seed of an experiment, ready to train."""

    recipe: Recipe
    hparams: Any
    key: Any
    """Root key of the seed."""
    train: Split
    """On the device, with the labels to learn from."""
    clean: Any
    """Which training rows kept their labels; bool [samples], on the host."""
    flips: label_noise.Flips
    """Which entries of the labels were hit."""


def prepare(
    experiment: Experiment, dataset: Dataset, *, seed: int, extra_terms: ExtraTerms = ()
) -> Task:
    """Spoils the training labels, fixes the recipe, puts the rows on the device.

    Args:
        experiment: what to run.
        dataset: with clean labels.
        seed: decides weights, batches and drawn noise.
        extra_terms: a reader's own terms of the loss.

    Raises:
        InputError: if an option does not fit the data.
    """
    recipe = recipe_of(experiment, dataset.train, extra_terms)
    noisy = noisy_of(experiment, dataset, seed)
    return task_of(experiment, dataset, recipe, noisy, seed)


def recipe_of(
    experiment: Experiment, train: Split, extra_terms: ExtraTerms = ()
) -> Recipe:
    """What is compiled for an experiment on these training rows.

    Raises:
        InputError: if the method's options do not fit them.
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


def on_device(plan: Training, rows: Any) -> Any:
    """Rows where the plan keeps them: on the device, or as they are, on the host."""
    return rows if plan.features == "stream" else sharding.replicate_to_devices(rows)


def noisy_of(experiment: Experiment, dataset: Dataset, seed: int) -> Any:
    """The training labels that a seed sees; see `data.noisy_labels`."""
    train = dataset.train
    return datasets.noisy_labels(
        experiment.data, experiment.noise, train.labels, seed=seed, image=train.image
    )


def task_of(
    experiment: Experiment, dataset: Dataset, recipe: Recipe, noisy: Any, seed: int
) -> Task:
    """A task of labels that are spoilt already.

    Args:
        experiment: what to run.
        dataset: with clean labels.
        recipe: what to compile.
        noisy: the training labels that the seed sees.
        seed: decides weights and batches.
    """
    clean = dataset.train.labels
    return Task(
        recipe=recipe,
        hparams=experiment.hparams,
        key=jax.random.key(seed),
        train=on_device(experiment.training, dataset.train._replace(labels=noisy)),
        clean=~label_noise.corrupted_rows(noisy, clean),
        flips=label_noise.flips(noisy, clean),
    )
