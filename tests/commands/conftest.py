"""What the tests of commands share."""

import pytest
from command_line import SMOKE

from scbch_jax.cli import program


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of a small run on the planted set, and what was typed for it."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    words = [SMOKE, "--training.epochs", "6", "--out", str(folder), "--seeds", "4", "5"]
    assert program.main(["train", *words]) == 0
    return folder, words
