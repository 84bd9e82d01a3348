import numpy as np
import pytest
from made_runs import write_run

from scbch_jax.config import Experiment, Training
from scbch_jax.errors import InputError
from scbch_jax.report import read_runs, search, trace_files, traced
from scbch_jax.types import DisplayData


def test_overlap_is_jaccards():
    labels = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]], np.uint8)
    expected = [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 0]]
    np.testing.assert_allclose(traced.jaccard(labels), expected)


def test_likeness_is_a_correlation_of_different_rows():
    rng = np.random.default_rng(0)
    overlap, noise = rng.random((2, 6, 6))
    pairs = ~np.eye(6, dtype=bool)
    similarity = 3 * overlap + 1 + 100 * np.eye(6)
    assert traced.likeness(overlap, similarity) == pytest.approx(1)
    expected = np.corrcoef(overlap[pairs], noise[pairs])[0, 1]
    assert traced.likeness(overlap, noise) == pytest.approx(expected)
    assert np.isnan(traced.likeness(np.ones((6, 6)), noise))


@pytest.fixture
def run(tmp_path):
    """Twenty training rows, of which noise hit three; ones while it warms up."""
    plan = Experiment(training=Training(epochs=3), bits=8)
    folder = write_run(tmp_path / "a", plan, [[0.1, 0.2, 0.3]])
    (folder / "seed-0" / "traces").mkdir()
    rng = np.random.default_rng(0)
    np.savez(folder / "seed-0" / "noise.npz", rows=np.array([2, 2, 7, 9]))
    for epoch in (1, 2, 3):
        arrays = {
            "confidence": np.ones(20) if epoch == 1 else rng.random(20),
            "labels": (rng.random((4, 3)) < 0.5).astype(np.uint8),
            "image": rng.normal(size=(4, 8)),
            "text": rng.normal(size=(4, 8)),
            "precision_i2t": np.array([0.9, 0.3]),
            "recall_i2t": np.array([0.1, 1.0]),
        }
        np.savez(folder / "seed-0" / "traces" / f"epoch-{epoch:04d}.npz", **arrays)
    return read_runs([folder])[0]


def test_first_and_last_are_shown_and_no_weights_of_the_warm_up(run):
    figures = traced.figures(run, "r")
    assert [figure.name for figure in figures] == [
        "r-overlap",
        "r-similarity-1",
        "r-similarity-3",
        "r-weights-2",
        "r-weights-3",
    ]
    assert "17 rows with clean labels, 3 with wrong ones" in figures[-1].text
    assert "ROC area 0.800" in figures[-1].text, "of the result line"


def test_how_far_apart_confidence_could_be_is_said(run):
    """Of three wrong rows one shares nothing, one half, one all but a fifth."""
    path = run.part / "traces" / "epoch-0003.npz"
    agreement = np.ones(20)
    agreement[[2, 7, 9]] = 0.0, 0.5, 0.8
    confidence = np.full(20, 0.9)
    confidence[[2, 7, 9]] = 0.6, 0.7, 0.8
    with np.load(path) as file:
        arrays = dict(file) | {"agreement": agreement, "confidence": confidence}
    np.savez(path, **arrays)
    early, late = traced.figures(run, "r")[-2:]
    assert "Means are 0.90 and 0.70" in late.text
    assert "clean labels would give 1 and 0.72" in late.text, "0.5 + 0.5 · 1.3 / 3"
    assert "follows wrong labels" not in late.text
    assert "Means" not in early.text, "of an older run"


def test_curves_are_of_the_directions_that_were_kept(run):
    (figure,) = traced.precision_recall({"a": run})
    assert figure.name == "precision-recall-i2t"


def test_runs_without_traces_have_no_such_figures(tmp_path):
    plan = Experiment(training=Training(epochs=1))
    (run,) = read_runs([write_run(tmp_path / "a", plan, [[0.1]])])
    assert traced.figures(run, "r") == []
    assert traced.precision_recall({"a": run}) == []


def test_a_damaged_trace_is_named(run):
    (run.part / "traces" / "epoch-0002.npz").write_bytes(b"no zip")
    with pytest.raises(InputError, match="traces: got .*epoch-0002.npz"):
        trace_files.read_traces(run)


SEARCH = {
    "queries": np.array([1]),
    "query_labels": np.array([[1, 0, 1]]),
    "database_start": np.int64(2),
    "items_i2t": np.array([[0, 3]]),
    "distances_i2t": np.array([[1, 4]]),
    "labels_i2t": np.array([[[1, 1, 0], [0, 1, 0]]]),
    "items_t2i": np.array([[2, 1]]),
    "distances_t2i": np.array([[0, 9]]),
    "labels_t2i": np.array([[[0, 0, 0], [0, 0, 1]]]),
}


def test_matches_are_marked_and_shared_labels_bold():
    said = search.section(SEARCH, None)
    hits = [part.split("</div></div>")[0] for part in said.split('<div class="hit')[1:]]
    assert [hit.startswith(" match") for hit in hits] == [True, False, False, True]
    assert "<b>label 0</b>, label 1" in hits[0]
    assert "1 bit apart" in hits[0]
    assert "4 bits apart" in hits[1]
    assert "no label" in hits[2]


def test_images_are_pictures_and_texts_are_captions():
    captions = [f"caption <{row}>" for row in range(6)]
    names = ("cat", "dog", "a&b")
    looks = DisplayData(names, captions, lambda row: b"\x89PNG" + bytes([row]))
    said = search.section(SEARCH, looks)
    images, texts = said.split("<h3>")[1:]
    query, *hits = images.split('<div class="hit')
    assert query.count("<img") == 1
    assert all("<img" not in hit for hit in hits)
    assert "“caption &lt;2&gt;”" in hits[0], "the first of the database"
    assert "“caption &lt;5&gt;”" in hits[1]
    query, *hits = texts.split('<div class="hit')
    assert "“caption &lt;1&gt;”" in query
    assert all('src="data:image/png;base64,' in hit for hit in hits)
    assert "a&amp;b" in said


def test_what_is_no_picture_stays_out():
    looks = DisplayData((), (), lambda row: b"<script>")
    assert "<img" not in search.section(SEARCH, looks)
