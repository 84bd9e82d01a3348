"""Result lines, also of versions that had fewer fields."""

import pytest

from scbch_jax.errors import InputError
from scbch_jax.results import Confidence, EpochResult

LINE = {
    "seed": 0,
    "epoch": 1,
    "losses": {"total": 2.0},
    "confidence": {"clean": 0.9, "noisy": None, "roc_auc": 0.8},
}


def test_a_confidence_without_entries_is_read_and_written_as_before():
    result = EpochResult.from_json(LINE)
    assert result.confidence == Confidence(0.9, None, 0.8, None)
    assert result.to_json() == LINE


def test_the_confidence_in_entries_is_read_and_written():
    line = LINE | {"confidence": LINE["confidence"] | {"entries_roc_auc": 0.95}}
    result = EpochResult.from_json(line)
    assert result.confidence == Confidence(0.9, None, 0.8, 0.95)
    assert result.to_json() == line


@pytest.mark.parametrize(
    "change", [{"rows": 0.5}, {"entries_roc_auc": "high"}, {"roc_auc": float("nan")}]
)
def test_other_fields_and_values_are_refused(change):
    line = LINE | {"confidence": LINE["confidence"] | change}
    with pytest.raises(InputError, match="wanted numbers of clean, noisy, roc_auc"):
        EpochResult.from_json(line)


def test_the_fields_of_earlier_versions_are_needed():
    line = LINE | {"confidence": {"clean": 0.9, "noisy": 0.7, "entries_roc_auc": 0.9}}
    with pytest.raises(InputError, match="wanted numbers of clean, noisy, roc_auc"):
        EpochResult.from_json(line)
