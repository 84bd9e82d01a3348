import numpy as np
import pytest
from made_runs import write_run

from scbch_jax.config import Experiment, Training, robust
from scbch_jax.errors import InputError
from scbch_jax.report import read_runs
from scbch_jax.report.figures import by_epoch, confidence, confidence_text, traces


def test_label_overlap_is_jaccards():
    labels = np.array([[1, 1, 0], [0, 1, 1], [0, 0, 0]], np.uint8)
    expected = [[1, 1 / 3, 0], [1 / 3, 1, 0], [0, 0, 0]]
    np.testing.assert_allclose(traces.jaccard(labels), expected)


def test_the_correlation_is_over_pairs_of_different_rows():
    rng = np.random.default_rng(0)
    overlap, noise = rng.random((2, 6, 6))
    pairs = ~np.eye(6, dtype=bool)
    similarity = 3 * overlap + 1 + 100 * np.eye(6)
    assert traces.off_diagonal_correlation(overlap, similarity) == pytest.approx(1)
    expected = np.corrcoef(overlap[pairs], noise[pairs])[0, 1]
    assert traces.off_diagonal_correlation(overlap, noise) == pytest.approx(expected)
    assert np.isnan(traces.off_diagonal_correlation(np.ones((6, 6)), noise))


@pytest.fixture
def run(tmp_path):
    """Twenty training rows, three of them noisy; confidence is 1 during the warm-up."""
    experiment = Experiment(training=Training(epochs=3), bits=8)
    folder = write_run(tmp_path / "a", experiment, [[0.1, 0.2, 0.3]])
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


def figures_of(run):
    read = traces.read_traces(run)
    return [*traces.heat_maps(read, "r"), *confidence.figures(run, read, "r")]


def test_first_and_last_are_shown_and_no_weights_of_the_warm_up(run):
    figures = figures_of(run)
    assert [figure.name for figure in figures] == [
        "r-overlap",
        "r-similarity-1",
        "r-similarity-3",
        "r-weights-2",
        "r-weights-3",
    ]
    assert "17 rows with clean labels, 3 with noisy ones" in figures[-1].text
    assert "ROC AUC 0.800" in figures[-1].text, "of the result line"


@pytest.mark.parametrize("name", ["label_cosine", "agreement"])
def test_the_text_says_which_confidence_is_possible(run, name):
    """Of three noisy rows one shares nothing, one half, one all but a fifth."""
    path = run.seed_folder / "traces" / "epoch-0003.npz"
    cosine = np.ones(20)
    cosine[[2, 7, 9]] = 0.0, 0.5, 0.8
    confidence = np.full(20, 0.9)
    confidence[[2, 7, 9]] = 0.6, 0.7, 0.8
    with np.load(path) as file:
        arrays = dict(file) | {name: cosine, "confidence": confidence}
    np.savez(path, **arrays)
    early, late = figures_of(run)[-2:]
    assert "Means are 0.90 and 0.70" in late.text
    assert "clean labels would give 1 and 0.72" in late.text, "0.5 + 0.5 · 1.3 / 3"
    assert "learning noisy labels" not in late.text
    assert "Soft labels" not in early.text, "of an older run"


def late_text(run, changed_pairs=None):
    """The text below the confidence of the last epoch."""
    if changed_pairs is not None:
        path = run.seed_folder / "traces" / "epoch-0003.npz"
        overwrite(path, changed_pairs=np.float64(changed_pairs))
    return figures_of(run)[-1].text


def with_losses(run, **losses):
    """SCBCH with weights that are easy to work with."""
    options = run.options | {
        "hparams.contrastive_weight": 0.5,
        "hparams.quantization_weight": 0.25,
    }
    *others, last = run.results
    return run._replace(
        options=options, results=[*others, last._replace(losses=losses)]
    )


TERMS = {
    "classification": 0.4,
    "attraction": -0.8,
    "repulsion": 1.2,
    "quantization": 0.8,
}
"""Weighted 0.4, -0.4, 0.6 and 0.2: of 1.6, 25 % are classification, 62.5 % contrast."""


def test_the_text_says_what_row_weights_act_on(run):
    run = with_losses(run, **TERMS, total=0.8)
    early, late = figures_of(run)[-2].text, late_text(run)
    assert "ROC AUC 0.800. Means are" in late
    assert "multiply only the classification term, 25 % of the weighted loss" in late
    end = "overlaps of pairs, where no weight acts."
    assert late.endswith(
        f"Attraction and repulsion, 62 % of it, follow the label {end}"
    )
    assert "noise changes" not in late, "of an older run"
    known = late_text(run, changed_pairs=0.2345)
    end = "no weight acts; noise changes for 23 % of all pairs whether they share a "
    assert known.endswith(f"{end}label.")
    assert "multiply" not in early


def test_terms_that_are_left_out_are_not_said_to_learn(run):
    alone = late_text(with_losses(run, classification=0.4, total=0.4))
    assert "100 % of the weighted loss" in alone
    assert "pairs" not in alone
    contrast = {k: v for k, v in TERMS.items() if k != "classification"}
    said = late_text(with_losses(run, **contrast, total=0.4))
    assert said.endswith("only the classification term, which is left out.")
    without = {k: v for k, v in TERMS.items() if k != "attraction"}
    said = late_text(with_losses(run, **without, total=1.2))
    assert " Repulsion, 50 % of it, follow" in said


def test_the_printed_loss_weighs_quantization_twice(run):
    """α β, where the released code has β."""
    printed = run.options | {"options.reading": "paper"}
    shares = confidence_text.loss_shares(
        TERMS, with_losses(run)._replace(options=printed)
    )
    sizes = {
        "classification": 0.4,
        "attraction": 0.7 * 0.8,
        "repulsion": 0.7 * 1.2,
        "quantization": 0.7 * 0.3 * 0.8,
    }
    total = sum(sizes.values())
    assert shares == pytest.approx({k: x / total for k, x in sizes.items()})


def test_the_text_says_that_posteriors_replace_labels(tmp_path):
    """And one figure is enough for a confidence that stays the same."""
    experiment = Experiment(
        method="robust",
        options=robust.Options(),
        hparams=robust.HParams(),
        training=Training(epochs=2),
    )
    folder = write_run(tmp_path / "a", experiment, [[0.1, 0.2]], entries=0.953)
    np.savez(folder / "seed-0" / "noise.npz", rows=np.array([2]))
    (folder / "seed-0" / "traces").mkdir()
    confidence = np.linspace(0, 1, 5)
    for epoch in (1, 2):
        path = folder / "seed-0" / "traces" / f"epoch-{epoch:04d}.npz"
        np.savez(path, confidence=confidence)
    (run,) = read_runs([folder])
    (figure,) = figures_of(run)
    assert figure.name == "r-weights-2"
    assert "the probability that two samples share a label" in figure.text
    assert figure.text.endswith("right against wrong: 0.953.")
    (curves,) = (f for f in by_epoch.figures([run], "r") if f.name == "r-confidence")
    assert curves.text.endswith("right against wrong: 0.953.")


def test_curves_are_of_the_directions_that_were_kept(run):
    (figure,) = traces.precision_recall({"a": traces.read_traces(run)})
    assert figure.name == "precision-recall-i2t"


def test_runs_without_traces_have_no_such_figures(tmp_path):
    experiment = Experiment(training=Training(epochs=1))
    (run,) = read_runs([write_run(tmp_path / "a", experiment, [[0.1]])])
    assert figures_of(run) == []
    assert traces.precision_recall({"a": traces.read_traces(run)}) == []


def overwrite(path, **changes):
    with np.load(path) as file:
        arrays = dict(file) | changes
    np.savez(path, **{name: a for name, a in arrays.items() if a is not None})


DAMAGE = {
    "no zip file": lambda path: path.write_bytes(b"no zip"),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-400]),
    "an array missing": lambda path: overwrite(path, text=None),
    "no curve of recall": lambda path: overwrite(path, recall_i2t=None),
    "other shapes": lambda path: overwrite(path, image=np.ones((3, 8))),
    "a missing axis": lambda path: overwrite(path, confidence=np.float64(1)),
    "text for numbers": lambda path: overwrite(path, confidence=np.array(["x"] * 20)),
    "no rows": lambda path: overwrite(path, confidence=np.ones(0)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_trace_is_one_line_that_names_the_file(run, damage):
    damage(run.seed_folder / "traces" / "epoch-0002.npz")
    with pytest.raises(InputError, match="traces: got .*epoch-0002.npz") as error:
        figures_of(run)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("rows", [np.array([20]), np.array([0.5])])
def test_noise_of_other_data_is_refused(run, rows):
    np.savez(run.seed_folder / "noise.npz", rows=rows)
    with pytest.raises(InputError, match="noise: got .*numbers of 20 training rows"):
        figures_of(run)


def test_files_of_other_names_are_no_traces(run):
    (run.seed_folder / "traces" / "epoch-old.npz").write_bytes(b"")
    assert list(traces.read_traces(run)) == [1, 2, 3]


def test_traces_of_epochs_without_a_result_are_shown(run):
    """A run that was killed between the trace and the result line."""
    cut = run._replace(results=run.results[:1])
    assert "ROC AUC" not in figures_of(cut)[-1].text
