import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from scbch_jax import datasets, features
from scbch_jax.config import Data, Scenes, experiment_file
from scbch_jax.datasets.scenes import captions, generate, pictures, specs

SOME = Scenes(train=150, queries=100, database=300, text_dim=32)


@pytest.fixture(scope="module")
def drawn():
    return generate.draw(SOME)


@pytest.fixture(scope="module")
def dataset():
    return datasets.load(Data(name="scenes", scenes=SOME)).dataset


def test_sizes_and_that_training_rows_open_the_database(dataset, drawn):
    assert dataset.query.image.shape == (100, 509)
    assert dataset.database.text.shape == (300, 32)
    np.testing.assert_array_equal(dataset.train.text, dataset.database.text[:150])
    np.testing.assert_array_equal(dataset.query.labels, drawn.labels[:100])
    np.testing.assert_array_equal(dataset.database.labels, drawn.labels[100:])


def test_the_seed_decides(drawn):
    again = generate.draw(SOME)
    np.testing.assert_array_equal(again.pictures, drawn.pictures)
    assert again.captions == drawn.captions
    other = generate.draw(Scenes(train=20, queries=100, database=300, seed=1))
    assert (other.labels != drawn.labels).any(axis=1).mean() > 0.9
    assert (other.pictures != drawn.pictures).mean() > 0.9


def test_features_are_the_same_in_another_process():
    """Words are hashed by a seed of each process; the vectors must not depend on it."""
    few = Scenes(train=20, queries=5, database=30, text_dim=8)
    actual = generate.as_features(few).dataset.database.text
    expected = _run(
        "from scbch_jax.config import Scenes;"
        "from scbch_jax.datasets.scenes.generate import as_features;"
        f"found = as_features({few}).dataset.database.text;"
        "print(found.tobytes().hex())",
        PYTHONHASHSEED="1",
    )
    assert expected.strip() == actual.tobytes().hex()


def test_what_made_the_features_is_known(drawn):
    loaded = datasets.load(Data(name="scenes", scenes=SOME))
    made_by = loaded.extractors
    extractor = features.extractor_named(made_by["image"])
    larger = Image.new("RGB", (3 * SOME.side, 2 * SOME.side))
    assert extractor.prepare(larger).shape == (SOME.side, SOME.side, 3)
    again = extractor.apply(drawn.pictures[:3])
    np.testing.assert_array_equal(again, loaded.dataset.query.image[:3])
    assert features.model_sha256(loaded.text_model) == made_by["text"]
    again = features.text_features(loaded.text_model, drawn.captions[:3])
    np.testing.assert_array_equal(again, loaded.dataset.query.text[:3])


def test_labels_are_what_is_in_a_scene():
    """By hand: a red disc without texture behind a dotted blue ring, over the sea."""
    spec = specs.SceneSpec(
        shape=np.array([[0, 1, 5]]),
        color=np.array([[0, 4, 6]]),
        texture=np.array([[specs.PLAIN, 1, 2]]),
        background=np.array([1]),
        present=np.array([[True, True, False]]),
        center=np.full((1, 3, 2), 0.5),
        radius=np.full((1, 3), 0.2),
        angle=np.zeros((1, 3)),
    )
    (row,) = specs.labels_of(spec)
    named = {generate.NAMES[i] for i in np.flatnonzero(row)}
    assert named == {"disc", "ring", "red", "blue", "dotted", "sea"}


def test_every_label_is_common_and_label_sets_overlap_in_part(drawn):
    shares = drawn.labels.mean(axis=0)
    assert shares.min() > 0.04
    assert shares.max() < 0.4
    relevant = (drawn.labels[:100] @ drawn.labels[100:].T) > 0
    assert 0.4 < relevant.mean() < 0.6, "chance MAP is near half"


def test_objects_show_in_their_color():
    """The center of a lone plain disc without nuisance has the disc's color."""
    rng = np.random.default_rng(0)
    n = len(specs.COLORS)
    spec = specs.SceneSpec(
        shape=np.zeros((n, 3), int),
        color=np.repeat(np.arange(n)[:, None], 3, axis=1),
        texture=np.full((n, 3), specs.PLAIN),
        background=np.full(n, specs.NO_BACKGROUND),
        present=np.tile([True, False, False], (n, 1)),
        center=np.full((n, 3, 2), 0.5),
        radius=np.full((n, 3), 0.3),
        angle=np.zeros((n, 3)),
    )
    drawn = pictures.draw_pictures(rng, spec, side=32, nuisance=0.0)
    shown = drawn[:, 16, 16] / 255
    gaps = np.abs(shown[:, None] - pictures.OBJECT_COLORS).sum(axis=2)
    np.testing.assert_array_equal(gaps.argmin(axis=1), np.arange(n))
    corners = drawn[:, 0, 0] / 255
    assert np.abs(corners - 0.5).max() < 0.4, "the gray wall is behind it"


def test_captions_name_what_is_there_but_not_all_and_not_always_rightly(drawn):
    """Of the words that only one label has; shares with room for chance."""
    owners = {}
    for name, words in captions.WORDS.items():
        for word in words:
            owners.setdefault(word, set()).add(name)
    said = np.zeros_like(drawn.labels)
    for row, caption in enumerate(drawn.captions):
        for word in caption.split():
            if len(owners.get(word, ())) == 1:
                (name,) = owners[word]
                said[row, generate.NAMES.index(name)] = 1
    right = (said * drawn.labels).sum() / said.sum()
    named = (said * drawn.labels).sum() / drawn.labels.sum()
    assert 0.9 < right < 0.99
    assert 0.3 < named < 0.8
    assert len(set(drawn.captions)) > 0.95 * len(drawn.captions)


def test_full_word_dropout_leaves_nothing_to_learn():
    mute = Scenes(train=20, queries=10, database=50, word_dropout=1.0, side=24)
    words = {w for caption in generate.draw(mute).captions for w in caption.split()}
    named = {w for words in captions.WORDS.values() for w in words}
    assert words
    assert not words & named


def test_saved_options_of_earlier_names_are_read():
    saved = {
        "data.name": "scenes",
        "data.scenes.blur": 0.1,
        "data.scenes.silence": 0.2,
        "data.planted.silence": 0.4,
    }
    found = experiment_file.restore(saved).data
    assert (found.scenes.nuisance, found.scenes.word_dropout) == (0.1, 0.2)
    assert found.planted.word_dropout == 0.4


def test_raw_scenes_are_drawn_without_gensim():
    _run(
        "import sys; from scbch_jax.datasets.scenes import generate;"
        "from scbch_jax.config import Scenes;"
        "generate.draw(Scenes(train=2, queries=1, database=2));"
        "assert 'gensim' not in sys.modules"
    )


def _run(code, **variables):
    # Variables that choose the routines of linear algebra are those of this process.
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    surroundings = {**os.environ, **paths, **variables}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=surroundings,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
