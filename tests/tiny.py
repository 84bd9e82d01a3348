"""A tiny experiment whose epochs take milliseconds; tests share its program."""

from scbch_jax.config import Data, Experiment, Planted, Training, scbch

PLANTED = Planted(80, queries=20, database=90, classes=4, image_dim=16, words=24)


def experiment(**changes):
    """Three epochs of three seeds, with some fields replaced."""
    fields = {
        "data": Data(planted=PLANTED),
        "bits": 8,
        "options": scbch.Options(hidden=16, neighbors=3, warmup_epochs=1),
        "hparams": scbch.HParams(learning_rate=1e-3),
        "training": Training(epochs=3, batch_size=40, save_every=2),
        "seeds": (0, 1, 2),
    }
    return Experiment(**{**fields, **changes})


def with_held_out_rows(**changes):
    """It holds out a quarter of its training rows."""
    training = {"epochs": 3, "batch_size": 40, "save_every": 2, "hold_out": 20}
    return experiment(training=Training(**{**training, **changes}), seeds=(0, 1))


def diverging(**changes):
    """Its losses are not finite in the first epoch."""
    return experiment(hparams=scbch.HParams(learning_rate=1e30), **changes)


def without_seconds(results):
    """Results that can be compared between runs."""
    return [result._replace(seconds=None) for result in results]
