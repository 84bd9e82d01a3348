import subprocess
import sys
from pathlib import Path

import pytest

from scbch_jax.cli.data.draw import DrawData
from scbch_jax.config import Data, Experiment, Noise, Planted, Training, scbch
from scbch_jax.errors import InputError


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Experiment(bits=12), "bits: got 12, wanted a positive multiple of 8"),
        (lambda: Experiment(bits=0), "bits: got 0"),
        (lambda: Experiment(bits=-8), "bits: got -8"),
        (lambda: Experiment(seeds=()), "seeds: got"),
        (lambda: Experiment(seeds=(1, 1)), "seeds: got .* all of them different"),
        (lambda: Experiment(seeds=(-1,)), "seeds: got"),
        (lambda: Noise(rate=1.1), "noise.rate: got 1.1, wanted a number from 0 to 1"),
        (lambda: Noise(rate=float("nan")), "noise.rate: got nan"),
        (lambda: Noise(confusion="a.npy"), "noise.confusion: got a.npy, wanted none"),
        (lambda: Training(epochs=0), "training.epochs: got 0"),
        pytest.param(
            lambda: Training(epochs=2.5),
            "training.epochs: got 2.5, wanted a whole number",
            marks=pytest.mark.errors,
        ),
        (lambda: Planted(train=9, database=8), "data.planted.train: got 9, wanted at"),
        (lambda: Training(batch_size=1), "training.batch_size: got 1"),
        (lambda: scbch.Options(neighbors=0), "options.neighbors: got 0"),
        (lambda: Planted(train=1), "data.planted.train: got 1"),
        # Of `data draw` they are options of their own.
        (lambda: DrawData(train=1, out=Path("drawn")), "^train: got 1"),
        (lambda: DrawData(train=9, database=8, out=Path("drawn")), "^train: got 9"),
        (
            lambda: Experiment(hparams=scbch.HParams(margin=-0.1)),
            "hparams.margin: got -0.1",
        ),
        (
            lambda: Experiment(hparams=scbch.HParams(learning_rate=0.0)),
            "hparams.learning_rate: got 0.0, wanted a number above 0",
        ),
        (lambda: Experiment(noise=Noise("published")), "planted set has no noise file"),
    ],
)
def test_what_does_not_pass_is_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_defaults_are_the_papers():
    hparams, options = scbch.HParams(), scbch.Options()
    assert (hparams.contrastive_weight, hparams.quantization_weight) == (0.7, 0.3)
    assert (hparams.learning_rate, hparams.confidence_floor) == (1e-4, 0.5)
    assert (options.hidden, options.image_layers, options.text_layers) == (8192, 3, 2)
    assert (Training().epochs, Training().batch_size) == (50, 128)
    assert Data().name == "planted"


def test_declarations_do_not_import_jax():
    code = "import scbch_jax.cli, sys; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
