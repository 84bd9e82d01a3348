import json

import pytest
from made_runs import write_run

from scbch_jax.config import Experiment, Training, experiment_file
from scbch_jax.errors import InputError
from scbch_jax.report import runs

PLAN = Experiment(training=Training(epochs=2), seeds=(0, 3))


def test_a_run_has_its_seeds(tmp_path):
    folder = write_run(tmp_path / "a", PLAN, [[0.1, 0.2], [0.3]])
    first, second = runs.read_runs([folder, tmp_path / "." / "a"])
    assert (first.seed, second.seed) == (0, 3)
    assert (first.finished, second.finished) == (True, False)
    assert [result.retrieval.average for result in first.results] == [0.1, 0.2]
    assert runs.group_by_setting([first, second]) == [[first, second]]


@pytest.mark.parametrize(("folder", "key"), [("runs", "run"), ("cells", "cell")])
def test_a_sweep_has_its_runs_and_those_that_have_not_begun(tmp_path, folder, key):
    """Sweeps of earlier versions have cells."""
    one, other = (Experiment(seeds=(s,), training=Training(epochs=1)) for s in (0, 1))
    write_run(tmp_path / folder / "one", one, [[0.4]])
    lines = [
        {key: name, "state": "", "options": experiment_file.flatten(experiment)}
        for name, experiment in (("other", other), ("one", one))
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / f"{folder}.jsonl").write_text(text)
    found = runs.read_runs([tmp_path])
    assert [(run.seed, len(run.results)) for run in found] == [(1, 0), (0, 1)]


def test_a_run_that_has_not_begun_belongs_to_the_other_seeds(tmp_path):
    """The files of its data are not known; other files make other groups."""
    experiments = [
        Experiment(seeds=(s,), training=Training(epochs=1)) for s in (0, 1, 2)
    ]
    write_run(tmp_path / "runs" / "a", experiments[0], [[0.4]], files={"image": "x"})
    write_run(tmp_path / "runs" / "c", experiments[2], [[0.4]], files={"image": "y"})
    lines = [
        {"run": name, "state": "", "options": experiment_file.flatten(experiment)}
        for name, experiment in zip("abc", experiments, strict=True)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "runs.jsonl").write_text(text)
    groups = runs.group_by_setting(runs.read_runs([tmp_path]))
    assert [[run.seed for run in group] for group in groups] == [[0, 1], [2]]


def test_a_folder_of_runs_is_all_of_them(tmp_path):
    for name in ("b", "a"):
        write_run(tmp_path / name, PLAN, [[0.1, 0.2], [0.3]])
    found = runs.read_runs([tmp_path])
    assert [run.path.name for run in found] == ["a", "a", "b", "b"]


def test_the_best_epoch_has_the_highest_average(tmp_path):
    folder = write_run(tmp_path / "a", PLAN, [[0.3, 0.2], [0.1, 0.2]])
    first, _ = runs.read_runs([folder])
    assert (first.result("best").epoch, first.result("last").epoch) == (1, 2)


def test_the_selected_epoch_is_chosen_by_held_out_rows(tmp_path):
    scores = {
        "averages": [[0.3, 0.2], [0.1, 0.2]],
        "held_out": [[0.1, 0.2], [0.2, 0.1]],
    }
    first, second = runs.read_runs([write_run(tmp_path / "a", PLAN, **scores)])
    assert (first.result("selected").epoch, second.result("selected").epoch) == (2, 1)
    (other, _) = runs.read_runs([write_run(tmp_path / "b", PLAN, scores["averages"])])
    assert other.result("selected") is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: None, "a folder that exists"),
        (lambda f: f.mkdir(), "the folder of a run or of a sweep"),
        (lambda f: (f / "runs").mkdir(parents=True), "wanted at least one run"),
    ],
)
def test_what_is_no_run_is_named(tmp_path, make, message):
    make(tmp_path / "x")
    with pytest.raises(InputError, match=f"source: got .*{message}"):
        runs.read_runs([tmp_path / "x"])


@pytest.mark.parametrize(
    ("text", "message"), [("{", "wanted JSON"), ("[]", "JSON object"), ("{}", "seeds")]
)
def test_damaged_options_are_named(tmp_path, text, message):
    folder = write_run(tmp_path / "a", PLAN, [[0.1, 0.2], [0.3]])
    (folder / "experiment.json").write_text(text)
    with pytest.raises(InputError, match=f"source: got .*{message}"):
        runs.read_runs([folder])


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("experiment.json", {"seeds": 0}),
        ("experiment.json", {"bits": "64"}),
        ("experiment.json", {"noise.rate": None}),
        ("run.json", {"versions": ["0.1"]}),
        ("run.json", {"sizes": 3}),
        ("run.json", {"files": "image.npy"}),
    ],
)
def test_values_of_other_types_are_named(tmp_path, file, change):
    path = write_run(tmp_path / "a", PLAN, [[0.1, 0.2], [0.3]]) / file
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(
        InputError, match=f"source: got .*{file} with(out)? .*{[*change][0]}"
    ):
        runs.read_runs([tmp_path / "a"])


def test_results_of_older_versions_are_read(tmp_path):
    """They wrote all values of an epoch side by side."""
    folder = write_run(tmp_path / "a", Experiment(training=Training(epochs=1)), [[0.4]])
    line = {
        "seed": 0,
        "epoch": 1,
        "attraction": 1.0,
        "total": 2.0,
        "confidence_clean": 0.9,
        "confidence_noisy": 0.7,
        "confidence_roc": 0.8,
        "i2t": 0.5,
        "t2i": 0.25,
        "average": 0.375,
        "seconds": 0.5,
    }
    (folder / "seed-0" / "results.jsonl").write_text(json.dumps(line) + "\n")
    (run,) = runs.read_runs([folder])
    assert run.finished
    assert run.result("last").losses == {"attraction": 1.0, "total": 2.0}
    assert runs.average_map(run.result("best")) == 0.375
