"""One seed of an experiment, ready to train."""

from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int

from scbch_jax import datasets, labels, retrieval, sharding
from scbch_jax.config import Experiment, Training
from scbch_jax.data import label_noise
from scbch_jax.errors import require
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
    entries_roc_auc: float | None
    """How well posteriors tell right entries of the labels from wrong ones; None if the
    method has none, or if all entries are right."""
    expected_error_shares: tuple[float | None, float | None]
    """See `expected_error_shares`; None where the method has no posteriors."""
    held_out: tuple[Split, Split] | None
    """Held-out training rows and all others, with noisy labels; None if no rows are
    held out."""
    clean: Any
    """Which training rows kept their labels; bool [samples], on the host."""
    changes: label_noise.LabelChanges
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
    held_out, rows = experiment.training.hold_out, len(train.labels)
    wanted = f"less than half of the {rows} training rows"
    require(2 * held_out < rows, "training.hold_out", held_out, wanted)
    recipe = Recipe(
        method=experiment.method,
        sizes=Sizes(
            image_dim=train.image.shape[1],
            text_dim=train.text.shape[1],
            classes=train.labels.shape[1],
            samples=rows - held_out,
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
    training, key = experiment.training, jax.random.key(seed)
    noisy_rows = dataset.train._replace(labels=np.asarray(noisy))
    clean, held_rows = dataset.train.labels, None
    if training.hold_out:
        kept, held = split_rows(len(clean), training.hold_out)
        held_rows = to_device(training, take_rows(noisy_rows, held))
        noisy_rows, clean = take_rows(noisy_rows, kept), clean[kept]
    given, rows = noisy_rows.labels, noisy_rows
    learned = recipe.learn_labels(rows, jax.random.fold_in(key, LABELS))
    changes = label_noise.label_changes(given, clean)
    confidence = entries_roc_auc = None
    expected: tuple[float | None, float | None] = (None, None)
    if learned is not None:
        learned = np.asarray(sharding.to_host(learned))
        confidence = labels.row_confidence(given, learned)
        entries_roc_auc = posterior_roc_auc(given, learned, changes)
        expected = expected_error_shares(given, learned)
        rows = rows._replace(labels=learned)
    train = to_device(training, rows)
    return Task(
        seed=seed,
        recipe=recipe,
        hparams=experiment.hparams,
        key=key,
        train=train,
        given=given,
        confidence=confidence,
        entries_roc_auc=entries_roc_auc,
        expected_error_shares=expected,
        held_out=held_rows and (held_rows, train._replace(labels=given)),
        clean=~label_noise.corrupted_rows(given, clean),
        changes=changes,
    )


def posterior_roc_auc(
    given: Float[np.ndarray, "samples classes"],
    posterior: Float[np.ndarray, "samples classes"],
    changes: label_noise.LabelChanges,
) -> float | None:
    """Area under the ROC curve of 1 - |y - q| over entries, right against wrong.

    Args:
        given: noisy labels y.
        posterior: q, the probability of each label.
        changes: entries that are wrong.

    Returns:
        The area in [0, 1]; None if all entries are right, or all are wrong.

    Example:
        >>> given, posterior = np.array([[1.0, 0.0, 0.0]]), np.array([[0.9, 0.1, 0.2]])
        >>> wrong = label_noise.label_changes(given, np.array([[1, 0, 1]]))
        >>> posterior_roc_auc(given, posterior, wrong)
        1.0
    """
    right = np.ones(given.shape, bool)
    right[changes.rows, changes.classes] = False
    agreement = 1 - np.abs(given - posterior)
    area = retrieval.roc_auc(agreement.ravel(), right.ravel())
    return None if np.isnan(area) else area


def expected_error_shares(
    given: Float[np.ndarray, "samples classes"],
    posterior: Float[np.ndarray, "samples classes"],
) -> tuple[float | None, float | None]:
    """Shares of the given labels that are wrong, and of the others that are missing.

    Means of 1 - q and of q. They need no clean labels.

    Args:
        given: noisy labels y.
        posterior: q, the probability of each label.

    Returns:
        Both in [0, 1]; None where there are no labels of a kind.

    Example:
        >>> given, posterior = np.array([[1.0, 1.0, 0.0]]), np.array([[1.0, 0.5, 0.25]])
        >>> expected_error_shares(given, posterior)
        (0.25, 0.25)
    """
    errors = 1 - posterior[given > 0], posterior[given <= 0]
    wrong, missing = (float(x.mean(dtype=float)) if x.size else None for x in errors)
    return wrong, missing


def split_rows(
    rows: int, held_out: int
) -> tuple[Int[np.ndarray, " kept"], Int[np.ndarray, " held_out"]]:
    """Rows to train on and rows to hold out, the same for all seeds and methods.

    Example:
        >>> kept, held = split_rows(5, 2)
        >>> sorted([*kept, *held]) == list(range(5)), len(held)
        (True, 2)
    """
    held = np.random.default_rng(0).choice(rows, size=held_out, replace=False)
    return np.setdiff1d(np.arange(rows), held), np.sort(held)


def take_rows(rows: Split, index: Int[np.ndarray | jax.Array, " n"]) -> Split:
    """Those rows of every array."""
    return Split(*(part[index] for part in rows))
