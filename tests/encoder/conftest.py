"""What the tests of encoders share."""

import pytest
import raw_runs


@pytest.fixture(scope="session")
def of_words(tmp_path_factory):
    """A folder as `raw_runs.make` fills it, with a bag of words."""
    return raw_runs.make(tmp_path_factory.mktemp("of_words"))


@pytest.fixture(scope="session")
def of_doc2vec(tmp_path_factory):
    """A folder as `raw_runs.make` fills it, with Doc2Vec of 300 columns."""
    pytest.importorskip("gensim", reason="gensim is not installed")
    return raw_runs.make(tmp_path_factory.mktemp("of_doc2vec"), "doc2vec")
