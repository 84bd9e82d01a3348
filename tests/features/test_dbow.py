import numpy as np
import pytest

from scbch_jax import features
from scbch_jax.errors import InputError
from scbch_jax.features import DbowConfig

TEXTS = ["a red ball", "a blue ring", "red ring again", "blue ball, not a ring"] * 3


@pytest.fixture(scope="module")
def model():
    return features.train_dbow(TEXTS, DbowConfig(dim=8, seed=3))


@pytest.fixture(scope="module")
def vectors(model):
    return features.text_features(model, TEXTS)


def test_vectors_have_unit_length_and_depend_on_the_words_alone(model, vectors):
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-5)
    backwards = features.text_features(model, TEXTS[::-1])
    np.testing.assert_array_equal(backwards[::-1], vectors)
    alone = features.text_features(model, ["Blue ball; not a RING!"])
    np.testing.assert_array_equal(alone[0], vectors[3])


def test_a_text_without_known_words_is_zeros(model):
    found = features.text_features(model, ["unicorn", ""])
    np.testing.assert_array_equal(found, 0)


def test_what_is_kept_is_the_whole_model(tmp_path, model, vectors):
    features.save_text_model(tmp_path / "model", model)
    kept = features.load_text_model(tmp_path / "model")
    np.testing.assert_array_equal(features.text_features(kept, TEXTS), vectors)
    assert features.model_sha256(kept) == features.model_sha256(model)
    assert features.model_summary(kept) == "PV-DBOW, 7 words"
    other = features.train_dbow(TEXTS, DbowConfig(dim=8, seed=4))
    assert features.model_sha256(other) != features.model_sha256(model)


def test_arrays_of_another_model_are_refused(tmp_path, model):
    features.save_text_model(tmp_path / "model", model)
    np.savez(tmp_path / "model" / "arrays.npz", outputs=np.zeros((7, 9), np.float32))
    with pytest.raises(InputError, match="outputs in .*got float32"):
        features.load_text_model(tmp_path / "model")


def test_wide_vectors_are_inferred():
    """From 256 columns on, gensim's own buffers were a segmentation fault."""
    wide = features.train_dbow(["red ball", "a blue ring"] * 2, DbowConfig(dim=300))
    found = features.text_features(wide, ["red ball", "a blue ring"])
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
