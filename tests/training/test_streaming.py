import draws
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from scbch_jax import training
from scbch_jax.config import Training, cmmq, dgcpn, mian, rshnl, scbch, ucch
from scbch_jax.config.experiment import defaults_of
from scbch_jax.errors import InputError
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.training import streaming
from scbch_jax.types import Split

SIZES = Sizes(image_dim=6, text_dim=5, classes=4, samples=66, bits=8)
OPTIONS = {
    "scbch": scbch.Options(hidden=16, neighbors=3, warmup_epochs=1),
    "ucch": ucch.Options(hidden=16, negatives=20),
    "rshnl": rshnl.Options(hidden=16, warmup_epochs=1),
    "mian": mian.Options(hidden=16, embedding=8),
    "cmmq": cmmq.Options(hidden=16, ramp_epochs=2),
}


@pytest.fixture
def train():
    labels = draws.labels(3, 66, 4, share=0.4)
    return Split(
        *map(np.asarray, (draws.normal(1, 66, 6), draws.normal(2, 66, 5), labels))
    )


@pytest.mark.slow
@pytest.mark.parametrize("method", OPTIONS)
def test_rows_from_the_host_train_as_rows_on_the_device(train, method, monkeypatch):
    """A chunk of batches is compiled on its own, so sums may round otherwise."""
    monkeypatch.setattr(streaming, "CHUNK", 4)
    hparams, key = defaults_of(method).hparams, jax.random.key(1)
    recipe = Recipe(method, SIZES, OPTIONS[method], batch_size=8)
    runs = [training.start(hparams, key, recipe=recipe) for _ in range(2)]
    log = there = None
    for epoch in map(jnp.int32, range(2)):
        runs[0], log = training.train_epoch(
            runs[0], hparams, jax.device_put(train), key, epoch, recipe=recipe
        )
        runs[1], there = training.stream_epoch(
            runs[1], hparams, train, key, epoch, recipe=recipe
        )
    for one, other in zip(*map(jax.tree.leaves, runs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(log["total"], there["total"], rtol=1e-5)


@pytest.mark.slow
def test_codes_of_rows_from_the_host_are_those_of_rows_on_the_device(
    train, monkeypatch
):
    monkeypatch.setattr(streaming, "BLOCK", 20)
    recipe = Recipe("scbch", SIZES, OPTIONS["scbch"], batch_size=8)
    hparams = scbch.HParams()
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


def test_a_method_that_compares_all_rows_cannot_stream(train):
    recipe = Recipe("dgcpn", SIZES, dgcpn.Options(), batch_size=8)
    with pytest.raises(InputError, match=r"training.features: got stream, wanted dev"):
        recipe.check(streamed=True)
    assert Training().features == "device"
