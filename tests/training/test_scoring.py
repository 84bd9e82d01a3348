import draws
import jax
import numpy as np
import pytest

from scbch_jax import retrieval, training
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.types import Split

RECIPE = Recipe(
    "scbch", Sizes(6, 5, 4, samples=20, bits=16), Options(hidden=16, neighbors=3), 8
)


@pytest.fixture
def scored():
    parts = ((1, 9), (4, 30))
    return tuple(
        Split(
            np.asarray(draws.normal(seed, rows, 6)),
            np.asarray(draws.normal(seed + 1, rows, 5)),
            np.asarray(draws.labels(seed + 2, rows, 4, share=0.4)),
        )
        for seed, rows in parts
    )


@pytest.mark.parametrize("backend", ["cpu", "an accelerator"])
@pytest.mark.parametrize("streamed", [False, True])
def test_every_backend_gives_the_same_score(monkeypatch, scored, backend, streamed):
    """One program on accelerators, threads on a CPU, blocks from the host."""
    hparams = HParams()
    params = training.start(hparams, jax.random.key(0), recipe=RECIPE).params
    codes = [
        training.encode_split(params, hparams, part, recipe=RECIPE) for part in scored
    ]
    expected = retrieval.score(*codes)
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    found = training.score(params, hparams, scored, recipe=RECIPE, streamed=streamed)
    assert found == pytest.approx(expected, abs=1e-12)
    assert 0.2 < found["average"] < 1
