"""Every program of a training lowers for accelerators, on one device and on eight."""

import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AbstractMesh, AxisType
from lowering import lower, shapes
from small_methods import recipe_of, training_set

from scbch_jax import neighbors, retrieval, training
from scbch_jax.config.experiment import METHOD_OPTIONS
from scbch_jax.index import device
from scbch_jax.methods.recipe import METHODS
from scbch_jax.training import scoring, streaming


@pytest.fixture(scope="module")
def train():
    return training_set()


@pytest.fixture(autouse=True)
def accelerator(monkeypatch):
    """Takes the branches that are meant for accelerators."""
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")


def whole_run(recipe, train, key, hparams):
    """Weights, one epoch and its score, as one program."""
    run = training.start(hparams, key, recipe=recipe)
    context = training.context_of(train, recipe=recipe)
    run, losses = training.train_epoch(
        run, hparams, train, key, jnp.int32(0), None, context, recipe=recipe
    )
    return losses, scoring._count(run.params, hparams, (train, train), recipe=recipe)


@pytest.mark.parametrize("name", METHODS)
def test_a_run_of_each_method_lowers_for_accelerators(train, key, name):
    """Sharded over eight devices, which adds to the program of one device."""
    program = partial(whole_run, recipe_of(name))
    hparams = METHOD_OPTIONS[name].HParams()
    mesh = AbstractMesh((4, 2), ("data", "model"), (AxisType.Auto,) * 2)
    with jax.sharding.use_abstract_mesh(mesh):
        text = lower(program, shapes(train), key, hparams)
    assert '@mesh = <["data"=4, "model"=2]>' in text
    assert re.search(r"sdy.sharding_constraint .*<@mesh", text)


def test_a_run_on_one_device_lowers(train, key):
    text = lower(
        partial(whole_run, recipe_of("scbch")),
        shapes(train),
        key,
        METHOD_OPTIONS["scbch"].HParams(),
    )
    assert "@mesh" not in text


def test_lanes_lower(train, key):
    recipe, count = recipe_of("scbch"), 3
    lanes = training.Lanes(
        training.stack([METHOD_OPTIONS["scbch"].HParams()] * count),
        jnp.stack([jnp.asarray(train.labels)] * count),
        jax.random.split(key, count),
    )
    runs = jax.eval_shape(partial(training.start_lanes, recipe=recipe), lanes)
    epoch = partial(training.train_epoch_lanes, recipe=recipe)
    lower(epoch, runs, lanes, shapes(train), jnp.int32(0))


def test_a_streamed_chunk_lowers(train, key):
    recipe, hparams = recipe_of("scbch"), METHOD_OPTIONS["scbch"].HParams()
    run = jax.eval_shape(partial(training.start, recipe=recipe), hparams, key)
    _, batches = streaming._batches(train, 0, np.arange(16).reshape(2, 8))
    chunk = partial(streaming._train_chunk, recipe=recipe, number=0)
    lower(chunk, run, hparams, batches, key, jnp.int32(0), jnp.int32(0))


CODES = np.zeros((40, 4), np.uint8)
LABELS = np.zeros((40, 3), np.float32)
RELAXED = np.zeros((40, 32), np.float32)


@pytest.mark.parametrize(
    ("program", "args"),
    [
        (retrieval.distance_counts, (CODES, CODES, LABELS, LABELS)),
        (retrieval.hamming_matrix, (CODES, CODES)),
        (
            partial(device._nearest, k=5),
            (CODES[:16], CODES, np.ones(40, bool), np.zeros(3, np.int32)),
        ),
        (partial(neighbors.nearest_rows, neighbors=3), (RELAXED, RELAXED)),
        (
            partial(neighbors.nearest_rows, neighbors=3, search="approximate"),
            (RELAXED, RELAXED),
        ),
        (
            partial(neighbors.nearest_rows, neighbors=3, search="tree", row_block=20),
            (RELAXED, RELAXED),
        ),
    ],
    ids=["counts", "distances", "search", "neighbors", "approximate neighbors", "tree"],
)
def test_evaluation_and_search_lower(program, args):
    lower(program, *map(shapes, args))


def test_a_callback_is_seen():
    def program(x):
        return jax.pure_callback(np.sin, jax.ShapeDtypeStruct((3,), np.float32), x)

    with pytest.raises(NotImplementedError, match="callback"):
        lower(program, np.zeros(3, np.float32))


def test_double_precision_is_seen(double):
    with pytest.raises(AssertionError):
        lower(lambda x: x.astype(jnp.float64).sum(), np.zeros(3, np.float32))
