"""A service that the tests of a module share."""

import pytest
from serving import StandIn, make_index, running


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """An index with an encoder, pictures and relaxed codes."""
    root = tmp_path_factory.mktemp("served")
    path = make_index(root / "index", folder=root / "pictures")
    with running(path, encoder=StandIn(), pictures=root / "pictures") as found:
        yield found
