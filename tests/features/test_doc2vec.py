"""Doc2Vec: training, saving, and the same vectors for later texts."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT

from scbch_jax import features
from scbch_jax.errors import InputError
from scbch_jax.features import doc2vec

CONFIG = features.Doc2VecConfig(dim=20, epochs=60)


def corpus():
    """Six words of a topic among twenty, and four that tell nothing."""
    rng = np.random.default_rng(0)
    topics = rng.integers(4, size=300)
    texts = [
        " ".join(
            [f"topic{topic}x{i}" for i in rng.integers(20, size=6)]
            + [f"idle{i}" for i in rng.integers(60, size=4)]
        )
        for topic in topics
    ]
    return texts, topics


@pytest.fixture(scope="module")
def model():
    return features.train_doc2vec(corpus()[0], CONFIG)


@pytest.fixture(scope="module")
def vectors(model):
    return features.infer_vectors(model, corpus()[0])


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_nearest_neighbors_share_the_topic(vectors):
    similarity = unit(vectors) @ unit(vectors).T
    np.fill_diagonal(similarity, -1)
    topics = corpus()[1]
    assert (topics[similarity.argmax(axis=1)] == topics).mean() > 0.95


def test_new_texts_land_among_their_topic(model, vectors):
    new = [f"topic{t}x1 topic{t}x7 topic{t}x9 topic{t}x3 unheard" for t in range(4)]
    nearest = (unit(features.infer_vectors(model, new)) @ unit(vectors).T).argmax(1)
    np.testing.assert_array_equal(corpus()[1][nearest], np.arange(4))


def test_a_text_has_one_vector_in_any_order(model, vectors):
    texts = corpus()[0]
    again = features.infer_vectors(model, texts[::-1][:20])
    np.testing.assert_array_equal(again, vectors[::-1][:20])
    twice = features.infer_vectors(model, [texts[0], texts[0].upper()])
    np.testing.assert_array_equal(twice[0], twice[1])


def test_the_seed_decides(model):
    same = features.train_doc2vec(corpus()[0], CONFIG)
    other = features.train_doc2vec(corpus()[0], replace(CONFIG, seed=1))
    np.testing.assert_array_equal(same.word_vectors, model.word_vectors)
    assert (other.word_vectors != model.word_vectors).any()


def test_what_is_kept_is_the_whole_model(tmp_path, model, vectors):
    features.save_text_model(tmp_path / "kept", model)
    kept = features.load_text_model(tmp_path / "kept")
    assert kept.vocabulary == model.vocabulary
    assert kept.config == CONFIG
    found = features.text_features(kept, corpus()[0])
    np.testing.assert_array_equal(found, vectors)


def test_another_process_infers_the_same(tmp_path, model, vectors):
    """Gensim starts from a hash that differs from process to process; this does not."""
    features.save_text_model(tmp_path / "kept", model)
    (tmp_path / "texts.json").write_text(json.dumps(corpus()[0][:5]))
    code = (
        "import json, sys, numpy as np; from pathlib import Path\n"
        "from scbch_jax import features\n"
        "folder = Path(sys.argv[1])\n"
        "texts = json.loads((folder / 'texts.json').read_text())\n"
        "model = features.load_text_model(folder / 'kept')\n"
        "np.save(folder / 'a.npy', features.text_features(model, texts))\n"
    )
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=surroundings, check=True
    )
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), vectors[:5])


def test_a_text_without_known_words_is_zeros(model):
    found = features.infer_vectors(model, ["", "unheard of", "topic0x1"])
    assert not found[:2].any()
    assert found[2].any()


@pytest.mark.parametrize("dim", [256, 300, 512])
def test_wide_vectors_are_inferred(dim):
    """Gensim's own buffers, freed while in use, were a segmentation fault."""
    config = features.Doc2VecConfig(dim=dim, epochs=2)
    model = features.train_doc2vec(corpus()[0][:40], config)
    found = features.infer_vectors(model, corpus()[0][:10])
    assert found.shape == (10, dim)
    assert np.isfinite(found).all()
    assert found.any(axis=1).all()


def test_the_engine_is_built_once(model, vectors, monkeypatch):
    def build(*_, **__):
        raise AssertionError("built again")

    monkeypatch.setattr(doc2vec, "_untrained", build)
    found = features.infer_vectors(model, corpus()[0][:3])
    np.testing.assert_array_equal(found, vectors[:3])


def test_texts_without_known_words_are_counted(model):
    texts = ["", "unheard of", "topic0x1", "TOPIC0X1 unheard"]
    assert features.without_known_words(model, texts) == [0, 1]
    bag = features.BagOfWords((("cat", 3),))
    assert features.without_known_words(bag, ["a cat", "dogs"]) == [1]


def test_a_checksum_is_that_of_all_that_decides_features(tmp_path, model):
    features.save_text_model(tmp_path / "kept", model)
    kept = features.load_text_model(tmp_path / "kept")
    sums = {
        features.model_sha256(other)
        for other in (
            model,
            kept,
            replace(model, config=replace(CONFIG, seed=1)),
            replace(model, output_weights=model.output_weights + 1),
            features.BagOfWords(model.vocabulary),
        )
    }
    assert len(sums) == 4


def test_models_of_the_first_version_are_read(tmp_path, model, vectors):
    """It called the config a plan, and the minimum count least."""
    features.save_text_model(tmp_path / "kept", model)
    path = tmp_path / "kept" / "words.json"
    record = json.loads(path.read_text())
    plan = record.pop("config")
    plan["least"] = plan.pop("min_count")
    path.write_text(json.dumps(record | {"format": 1, "plan": plan}))
    kept = features.load_text_model(tmp_path / "kept")
    assert kept.config == CONFIG
    found = features.text_features(kept, corpus()[0][:3])
    np.testing.assert_array_equal(found, vectors[:3])


def test_texts_without_repeated_words_are_refused():
    with pytest.raises(InputError, match="no word occurs 2 times"):
        features.train_doc2vec(["one two", "three"], CONFIG)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("words.json", "{", "wanted JSON"),
        ("words.json", "[]", "wanted the words of a model"),
        ("words.json", '{"format": 1}', "wanted the words of a model"),
        ("words.json", '{"format": 3}', "got 3, wanted 1 or 2"),
        ("arrays.npz", "cut", "which cannot be read"),
    ],
)
def test_a_damaged_model_is_one_line(tmp_path, model, name, content, message):
    features.save_text_model(tmp_path / "kept", model)
    (tmp_path / "kept" / name).write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        features.load_text_model(tmp_path / "kept")
    assert "\n" not in str(caught.value)


def test_arrays_of_another_model_are_refused(tmp_path, model):
    fewer = replace(model, vocabulary=model.vocabulary[:-1])
    features.save_text_model(tmp_path / "kept", fewer)
    with pytest.raises(InputError, match=r"words in .*arrays.npz: got float32"):
        features.load_text_model(tmp_path / "kept")


def test_a_kept_bag_of_words(tmp_path):
    bag = features.BagOfWords((("cat", 3), ("zürich", 1)))
    features.save_text_model(tmp_path / "kept", bag)
    assert features.load_text_model(tmp_path / "kept") == bag
    assert features.column_names(bag) == ["cat", "zürich"]
    with pytest.raises(InputError, match="which exists"):
        features.save_text_model(tmp_path / "kept", bag)
