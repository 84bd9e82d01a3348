import draws
import jax
import numpy as np
import pytest

from scbch_jax import training
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.training import streaming
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=66, bits=8)


@pytest.fixture
def train():
    labels = draws.labels(3, 66, 4, share=0.4)
    return Split(
        *map(np.asarray, (draws.normal(1, 66, 6), draws.normal(2, 66, 5), labels))
    )


@pytest.mark.slow
def test_codes_of_rows_from_the_host_are_those_of_rows_on_the_device(
    train, monkeypatch
):
    monkeypatch.setattr(streaming, "BLOCK", 20)
    recipe = Recipe("scbch", SIZES, Options(hidden=16, neighbors=3), batch_size=8)
    hparams = HParams()
    params = training.start(hparams, jax.random.key(0), recipe=recipe).params
    streamed = training.encode_streamed(params, hparams, train, recipe=recipe)
    whole = training.encode_split(params, hparams, jax.device_put(train), recipe=recipe)
    for one, other in zip(streamed, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_chunks_hold_every_batch_once():
    order = np.random.default_rng(0).permutation(301)
    found = list(streaming.chunks(order, 8, rest=True))
    assert [(first, index.shape) for first, index in found] == [
        (0, (16, 8)),
        (16, (16, 8)),
        (32, (5, 8)),
        (37, (1, 5)),
    ]
    np.testing.assert_array_equal(np.concatenate([i.ravel() for _, i in found]), order)
    assert len(list(streaming.chunks(order, 8, rest=False))) == 3


def test_chunks_are_prefetched():
    """Before the first result is yielded, the next jobs have been submitted."""
    begun = []
    results = streaming.prefetch(lambda i=i: begun.append(i) or i for i in range(6))
    assert next(results) == 0
    assert [0, *results] == list(range(6)) == begun
