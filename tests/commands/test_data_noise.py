"""`data noise`: its table, its files, and noise of every kind in a run."""

import numpy as np
import pytest

from scbch_jax import datasets
from scbch_jax.cli import program
from scbch_jax.cli.data.noise import NoiseData
from scbch_jax.config import Data, Experiment, Noise, Planted
from scbch_jax.data import formats, label_noise

SMALL = ["--planted.train", "200", "--planted.database", "220"]
PLANTED = Data(planted=Planted(train=200, database=220))


def cells(said):
    rows = [line.split("|")[1:-1] for line in said.splitlines() if "|" in line]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_the_table_has_a_line_for_each_kind_and_rate(capsys):
    assert program.main(["data", "noise", *SMALL]) == 0
    said = capsys.readouterr().out
    assert "planted set: 200 training rows" in said
    table = cells(said)
    kinds = NoiseData().kinds
    assert [row[:2] for row in table] == [
        [k, r] for k in kinds for r in ["0.2", "0.5", "0.8"]
    ]
    train = datasets.load(PLANTED).dataset.train
    for kind, rate, *shares in table:
        noisy = datasets.noisy_labels(
            PLANTED, Noise(kind, float(rate)), train.labels, seed=0, image=train.image
        )
        effect = label_noise.effect_of(noisy, train.labels)
        assert shares == [f"{100 * share:.1f}" for share in effect]


def test_noise_files_are_as_published_ones(tmp_path, capsys):
    words = ["data", "noise", *SMALL, "--kinds", "swap", "add", "--rates", "0.5"]
    assert program.main([*words, "--out", str(tmp_path / "noise")]) == 0
    names = sorted(path.name for path in (tmp_path / "noise").iterdir())
    assert names == ["add_0.5.h5", "swap_0.5.h5"]
    train = datasets.load(PLANTED).dataset.train
    own, noisy = (
        formats.read_array(tmp_path / "noise" / "swap_0.5.h5", key)
        for key in ("True", "result")
    )
    np.testing.assert_array_equal(own, train.labels)
    again = label_noise.swap_labels(train.labels, np.random.default_rng(0), rate=0.5)
    np.testing.assert_array_equal(noisy, again)
    capsys.readouterr()
    assert program.main([*words, "--out", str(tmp_path / "noise")]) == 2
    assert "which exists, wanted a new folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--rates", "2"], "rates: got 2.0, wanted numbers from 0 to 1"),
        (["--kinds", "none", "published"], "kinds: got published, wanted drawn kinds"),
        (["--kinds", "salt"], "--kinds"),
    ],
)
def test_bad_input_is_one_line(capsys, words, message):
    assert program.main(["data", "noise", *words]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_a_run_with_instance_dependent_noise():
    """The kind that looks at images gets them from the experiment."""
    from scbch_jax import runs

    plan = Experiment(data=PLANTED, noise=Noise("instance-dependent", 0.5))
    dataset = datasets.load(PLANTED).dataset
    task = runs.prepare(plan, dataset, seed=3)
    assert int((~task.clean).sum()) == 100
    rng = np.random.default_rng(3)
    noisy = label_noise.swap_by_instance(
        dataset.train.labels, rng, rate=0.5, image=dataset.train.image
    )
    np.testing.assert_array_equal(task.train.labels, noisy)
