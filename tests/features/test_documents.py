"""Doc2Vec: what is learnt and kept, and that later texts land in the same space."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from scbch_jax import features
from scbch_jax.errors import InputError

PLAN = features.Doc2VecConfig(dim=20, epochs=60)


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
    return features.learn_documents(corpus()[0], PLAN)


@pytest.fixture(scope="module")
def places(model):
    return features.place_documents(model, corpus()[0])


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_nearest_neighbors_share_the_topic(places):
    similarity = unit(places) @ unit(places).T
    np.fill_diagonal(similarity, -1)
    topics = corpus()[1]
    assert (topics[similarity.argmax(axis=1)] == topics).mean() > 0.95


def test_new_texts_land_among_their_topic(model, places):
    new = [f"topic{t}x1 topic{t}x7 topic{t}x9 topic{t}x3 unheard" for t in range(4)]
    nearest = (unit(features.place_documents(model, new)) @ unit(places).T).argmax(1)
    np.testing.assert_array_equal(corpus()[1][nearest], np.arange(4))


def test_a_text_has_one_vector_in_any_order(model, places):
    texts = corpus()[0]
    again = features.place_documents(model, texts[::-1][:20])
    np.testing.assert_array_equal(again, places[::-1][:20])
    twice = features.place_documents(model, [texts[0], texts[0].upper()])
    np.testing.assert_array_equal(twice[0], twice[1])


def test_the_seed_decides(model):
    same = features.learn_documents(corpus()[0], PLAN)
    other = features.learn_documents(corpus()[0], PLAN._replace(seed=1))
    np.testing.assert_array_equal(same.words, model.words)
    assert (other.words != model.words).any()


def test_what_is_kept_is_the_whole_model(tmp_path, model, places):
    features.save_text_model(tmp_path / "kept", model)
    kept = features.load_text_model(tmp_path / "kept")
    assert kept.vocabulary == model.vocabulary
    assert kept.plan == PLAN
    found = features.text_features(kept, corpus()[0])
    np.testing.assert_array_equal(found, places)


def test_another_process_places_the_same(tmp_path, model, places):
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
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), places[:5])


def test_a_text_without_known_words_is_zeros(model):
    found = features.place_documents(model, ["", "unheard of", "topic0x1"])
    assert not found[:2].any()
    assert found[2].any()


def test_texts_without_repeated_words_are_refused():
    with pytest.raises(InputError, match="wanted texts in which a word is met 2"):
        features.learn_documents(["one two", "three"], PLAN)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("words.json", "{", "wanted the words of a model"),
        ("words.json", "[]", "wanted the words of a model"),
        ("words.json", '{"format": 1}', "wanted the words of a model"),
        ("words.json", '{"format": 2}', "got 2, wanted 1"),
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
    fewer = model._replace(vocabulary=model.vocabulary[:-1])
    features.save_text_model(tmp_path / "kept", fewer)
    with pytest.raises(InputError, match=r"words in .*arrays.npz: got float32"):
        features.load_text_model(tmp_path / "kept")


def test_a_kept_bag_of_words(tmp_path):
    bag = features.Bag((("cat", 3), ("zürich", 1)))
    features.save_text_model(tmp_path / "kept", bag)
    assert features.load_text_model(tmp_path / "kept") == bag
    assert features.column_names(bag) == ["cat", "zürich"]
    with pytest.raises(InputError, match="which exists"):
        features.save_text_model(tmp_path / "kept", bag)
