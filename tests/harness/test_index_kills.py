"""An index whose writers are killed at any moment."""

import pytest
from indexes import CLASSES, drawn, kill_writers

from scbch_jax import index

pytestmark = [pytest.mark.slow, pytest.mark.nightly, pytest.mark.commands]


def test_an_index_survives_a_hundred_kills(tmp_path, record_property):
    index.build(tmp_path / "index", drawn(100), classes=CLASSES)
    generations = kill_writers(tmp_path / "index", kills=100)
    assert generations[-1] > 100
    record_property("harness: kills", 100)
