import importlib.util
import math

import pytest

from scbch_jax.cli import progress
from scbch_jax.errors import InputError
from scbch_jax.results import Confidence, EpochResult, RetrievalScore

RESULT = EpochResult(
    seed=3,
    epoch=2,
    losses={"total": 2.5},
    confidence=Confidence(clean=0.9, noisy=None, roc_auc=math.nan),
    retrieval=RetrievalScore(i2t=0.61, t2i=0.63, average=0.62),
    seconds=1.25,
)


def test_numbers_go_under_their_names_and_gaps_stay_gaps():
    assert progress.scalars(RESULT) == {
        "loss/total": 2.5,
        "MAP/i2t": 0.61,
        "MAP/t2i": 0.63,
        "MAP/average": 0.62,
        "confidence/clean": 0.9,
        "time/seconds": 1.25,
    }


def test_unless_asked_nothing_is_written(tmp_path):
    with progress.event_writer("none", tmp_path) as on_epoch:
        on_epoch(RESULT)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_is_one_line_before_anything_is_made(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with (
        pytest.raises(InputError, match="needs tensorboardX: pip install"),
        progress.event_writer("tensorboard", tmp_path),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_tensorboard_reads_what_was_written(tmp_path):
    """By its own reader; a second writing of the same epochs replaces the first."""
    pytest.importorskip("tensorboardX")
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator"
    )
    for _ in range(2):
        with progress.event_writer("tensorboard", tmp_path) as on_epoch:
            on_epoch(RESULT)
            on_epoch(
                RESULT._replace(epoch=3, retrieval=RESULT.retrieval._replace(i2t=0.7))
            )
    found = reader.EventAccumulator(str(tmp_path / "tensorboard" / "seed-3"))
    found.Reload()
    assert sorted(found.Tags()["scalars"]) == sorted(progress.scalars(RESULT))
    steps = [(event.step, event.value) for event in found.Scalars("MAP/i2t")]
    assert steps == [(2, pytest.approx(0.61)), (3, pytest.approx(0.7))]
