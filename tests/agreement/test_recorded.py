import json

import numpy as np
import pytest
from conftest import GOLDEN

from scbch_jax import agreement, losses
from scbch_jax.cli import program
from scbch_jax.errors import InputError

LONG = ("trajectory-7", "trajectory-f64")
"""Long to compile; trajectory-8 is of the same kind."""

FILES = [
    pytest.param(path, marks=[pytest.mark.slow] * (path.stem in LONG), id=path.stem)
    for path in sorted(GOLDEN.glob("*.npz"))
]


def changed(tmp_path, name, **changes):
    """A shipped file with some of its arrays replaced, or left out by None."""
    arrays = dict(np.load(GOLDEN / name)) | changes
    path = tmp_path / name
    np.savez(path, **{k: a for k, a in arrays.items() if a is not None})
    return path


def disagreeing(path, **options):
    comparisons = agreement.check_file(path, **options).comparisons
    return [c.quantity for c in comparisons if not c.agrees]


@pytest.mark.parametrize("path", FILES)
def test_every_shipped_output_agrees(path):
    check_that_all_agree(path, float64=False)


@pytest.mark.parametrize(
    "name",
    [
        "losses-f32",
        "neighbors",
        pytest.param("trajectory-8", marks=pytest.mark.slow),
    ],
)
def test_they_agree_in_double_precision_too(name):
    check_that_all_agree(GOLDEN / f"{name}.npz", float64=True)


def check_that_all_agree(path, float64):
    comparisons = agreement.check_file(path, float64=float64).comparisons
    assert [c.quantity for c in comparisons if not c.agrees] == []
    assert sum(c.values for c in comparisons) > 200 or "metrics" in path.stem
    assert path.stat().st_size < 300_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["margin", "shift"])
def test_one_percent_of_a_number_is_seen_along_a_run(tmp_path, name):
    recorded = np.load(GOLDEN / "trajectory-7.npz")[name]
    wrong = disagreeing(
        changed(tmp_path, "trajectory-7.npz", **{name: recorded * 1.01})
    )
    assert "step losses, contrast" in wrong
    assert "step losses, total" in wrong


@pytest.mark.slow
def test_one_percent_of_the_decay_is_seen_along_a_run(tmp_path):
    """In double precision: a float32 run of this length could not show 1 % of 1e-5."""
    recorded = np.load(GOLDEN / "trajectory-f64.npz")["weight_decay"]
    path = changed(tmp_path, "trajectory-f64.npz", weight_decay=recorded * 1.01)
    wrong = disagreeing(path)
    assert any(quantity.startswith("final ") for quantity in wrong)
    assert any(quantity.startswith("step losses") for quantity in wrong)


@pytest.mark.parametrize(
    ("name", "number", "seen"),
    [
        ("ucch-losses", "temperature", "contrast"),
        ("ucch-losses", "momentum", "memory after contrast"),
        ("ucch-run", "momentum", "final memory"),
        ("ucch-run", "learning_rate", "final txt.fc.0.weight"),
        ("dgcpn-losses", "a2", "graph"),
        ("dgcpn-losses", "K", "relaxed"),
        ("dgcpn-run", "momentum", "final img.fc.0.weight"),
        ("dhrl-run", "lr", "final classifier.kernel"),
        ("cirh-losses", "a2", "graph"),
        ("cirh-losses", "beta", "functions, gradient of text_codes"),
        ("cirh-run", "lambda1", "step losses, joint"),
        ("cirh-run", "LR_TXT", "final txt.fc1.weight"),
        ("djsrh-losses", "eta", "target"),
        ("djsrh-losses", "lambda1", "total"),
        ("djsrh-run", "lr_img", "final img.fc.0.weight"),
        ("djsrh-run", "momentum", "final txt.fc.2.weight"),
        ("cpah-losses", "alpha", "gradient, hashing"),
        ("cpah-run", "shares", "steps, penalty"),
        ("nrch-losses", "margin", "ranking and quantization"),
        ("nrch-run", "ranking_weight", "largest step, total"),
        ("nrch-run", "threshold", "rows kept"),
        ("cmmq-losses", "mutual_weight", "loss, kept"),
        ("cmmq-run", "noise_rate", "step losses, total"),
        ("rshnl-losses", "exponent", "objective, pacing none"),
        ("rshnl-losses", "age", "weights, linear"),
        ("rshnl-run", "contrast_weight", "step losses, total"),
        ("rshnl-run", "age", "weights"),
        ("mian-losses", "label_weight", "label"),
        ("mian-losses", "divergence_weight", "image"),
        ("mian-run", "prediction_weight", "largest step, sum of a pass, relative"),
    ],
)
def test_a_changed_number_is_seen_in_another_method(tmp_path, name, number, seen):
    """By a tenth; the threshold to above 1, so that no row is kept."""
    path = GOLDEN / f"{name}.npz"
    factor = 4.0 if number == "threshold" else 1.1
    recorded = np.load(path)[number] * factor
    assert seen in disagreeing(changed(tmp_path, path.name, **{number: recorded}))


@pytest.mark.parametrize("file", ["losses-f32.npz", "losses-f64.npz"])
def test_one_percent_of_the_shift_is_seen_in_the_losses(tmp_path, file):
    shifts = np.load(GOLDEN / file)["shifts"] * 1.01
    wrong = disagreeing(changed(tmp_path, file, shifts=shifts))
    assert any(quantity.startswith("contrast") for quantity in wrong)
    assert not any("quantization" in quantity for quantity in wrong)


def test_one_percent_of_the_label_overlap_is_seen(monkeypatch):
    right = losses.jaccard_matrix
    monkeypatch.setattr(losses, "jaccard_matrix", lambda y: 1.01 * right(y))
    wrong = disagreeing(GOLDEN / "losses-f32.npz")
    assert "label overlap" in wrong
    assert "classification" not in wrong


def test_a_new_file_is_checked(tmp_path):
    """Other sizes, one pair of numbers, one output, from the definition."""
    rng = np.random.default_rng(1)
    u, v = (
        x / np.linalg.norm(x, axis=1, keepdims=True) for x in rng.normal(size=(2, 5, 8))
    )
    y = np.eye(5, 3)
    arrays = {"u": u, "v": v, "y": y, "Wu": np.ones((8, 3)), "Wv": np.ones((8, 3))}
    arrays |= {"w": np.ones(5), "margins": np.array([0.1]), "shifts": np.array([0.5])}
    arrays["exp_quant"] = np.array(2 - np.abs(u).mean() - np.abs(v).mean())
    np.savez(tmp_path / "new.npz", **arrays)
    (comparison,) = agreement.check_file(tmp_path / "new.npz").comparisons
    assert comparison.agrees
    np.savez(tmp_path / "new.npz", **{**arrays, "exp_quant": np.array(1.0)})
    assert disagreeing(tmp_path / "new.npz") == ["quantization"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"w": None}, "without w, wanted inputs Wu, Wv, margins, shifts, u, v, w, y"),
        ({"exp_surprise": np.ones(3)}, "got exp_surprise, wanted known outputs only"),
        ({"exp_bce": np.ones(0)}, "got exp_bce without a number"),
        ({"exp_contrast": np.ones(5)}, "5 rows for 4 margins"),
        ({"y": np.ones((3, 9), np.float32)}, "wanted numbers and shapes that fit"),
        ({"margins": np.ones(2)}, "wanted numbers and shapes that fit"),
        ({"margins": np.zeros(2, "f4,i4")}, "margins in .*, wanted numbers"),
    ],
)
@pytest.mark.errors
def test_what_cannot_be_checked_is_one_line(tmp_path, changes, message):
    path = changed(tmp_path, "losses-f32.npz", **changes)
    with pytest.raises(InputError, match=message) as caught:
        agreement.check_file(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("metrics", "exp_map_foo"),
        ("metrics", "exp_pr_area"),
        ("neighbors", "exp_weights_k20"),
        ("losses-f64", "exp_contrast_grad_w"),
    ],
)
@pytest.mark.errors
def test_an_output_that_is_not_compared_is_refused(tmp_path, name, key):
    path = changed(tmp_path, f"{name}.npz", **{key: np.ones(3)})
    with pytest.raises(InputError, match=f"got {key}, wanted known outputs only"):
        agreement.check_file(path)


@pytest.mark.errors
def test_a_file_without_outputs_is_refused(tmp_path):
    arrays = np.load(GOLDEN / "metrics.npz")
    outputs = dict.fromkeys(k for k in arrays if k.startswith("exp_"))
    with pytest.raises(InputError, match="got no outputs"):
        agreement.check_file(changed(tmp_path, "metrics.npz", **outputs))


def test_numbers_in_keys_are_read_whatever_they_are(tmp_path):
    """A floor as Python prints it, and a depth that no shipped file has."""
    floors = np.load(GOLDEN / "neighbors.npz")["exp_weight_k5_g0.5"]
    path = changed(tmp_path, "neighbors.npz", **{"exp_weight_k5_g1e-05": floors})
    assert disagreeing(path) == ["confidence, k 5 floor 1e-05"]
    deep = np.load(GOLDEN / "metrics.npz")["exp_map_k50_upstream_stable"]
    path = changed(tmp_path, "metrics.npz", exp_map_k20_upstream_stable=deep)
    assert disagreeing(path) == ["MAP, stable order, first 20 relevant"]


@pytest.mark.errors
def test_a_run_of_two_hidden_widths_is_one_line(tmp_path):
    rng = np.random.default_rng(0)
    narrow = {
        "init_img.fc.2.weight": rng.normal(size=(10, 32)),
        "init_img.fc.2.bias": rng.normal(size=10),
        "init_img.fc.4.weight": rng.normal(size=(16, 10)),
    }
    path = changed(tmp_path, "trajectory-7.npz", **narrow)
    with pytest.raises(InputError, match="whose hidden ones are not one width"):
        agreement.check_file(path)


def test_exact_zeros_and_infinities_have_no_relative_difference():
    same = agreement.compare("q", np.zeros(2), np.zeros(2), kind="loss")
    assert (same.relative, same.agrees) == (0.0, True)
    other = agreement.compare("q", np.ones(2), np.zeros(2), kind="loss")
    assert (other.relative, other.agrees) == (np.inf, False)


def test_what_is_no_archive(tmp_path):
    (tmp_path / "a.npz").write_text("no")
    with pytest.raises(InputError, match="wanted an .npz of recorded arrays"):
        agreement.check_file(tmp_path / "a.npz")


def test_the_picture_shows_both_sides(tmp_path):
    picture = tmp_path / "steps.png"
    path = GOLDEN / "trajectory-8.npz"
    assert program.main(["crosscheck", str(path), "--figure", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--figure", "a.txt"], "figure: got")],
)
def test_bad_options_are_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    assert program.main(["crosscheck", str(GOLDEN / "losses-f32.npz"), *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert not list(tmp_path.iterdir())


def test_the_command_says_which_row_differs(tmp_path, capsys):
    good, lines = str(GOLDEN / "losses-f64.npz"), tmp_path / "lines.jsonl"
    assert program.main(["crosscheck", good, "--json", str(lines)]) == 0
    every = [json.loads(line) for line in lines.read_text().splitlines()]
    assert f"{len(every)} of {len(every)} quantities agree" in capsys.readouterr().out
    bad = changed(tmp_path, "losses-f64.npz", exp_bce=np.array(1.0))
    assert program.main(["crosscheck", str(bad)]) == 1
    said = capsys.readouterr().out.splitlines()
    row, summary = [line for line in said if "DIFFERS" in line]
    assert row.startswith("| classification ")
    assert summary == "DIFFERS: losses-f64.npz: classification"
