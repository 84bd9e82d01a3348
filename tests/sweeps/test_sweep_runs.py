from dataclasses import replace

import pytest
from conftest import ROOT

from scbch_jax import runs, sweeps
from scbch_jax.config import Data, Experiment, Noise, experiment_file, scbch
from scbch_jax.config.experiment import METHOD_OPTIONS
from scbch_jax.data.benchmarks import BENCHMARKS
from scbch_jax.errors import InputError

SWEEPS = sorted((ROOT / "configs" / "sweeps").glob("*.py"))


def test_each_seed_is_a_run_and_equal_runs_are_one():
    experiment = Experiment(seeds=(3, 1))
    some = sweeps.runs_of([experiment, Experiment(seeds=(1, 4)), Experiment(bits=8)])
    assert [run.seed for run in some] == [3, 1, 4, 0]
    assert all(run.experiment.seeds == (run.seed,) for run in some)


def test_a_name_holds_data_method_noise_bits_ablation_and_seed():
    experiment = Experiment(
        noise=Noise("none"), bits=16, options=scbch.Options(drop=("row-weights",))
    )
    name = sweeps.name_of(experiment)
    assert name.startswith("planted-scbch-none-16bits-no-row-weights-seed0-")
    assert name.endswith(runs.digest(experiment))


def test_a_name_does_not_depend_on_the_data_root():
    names = {sweeps.name_of(Experiment(data=Data(root=root))) for root in "ab"}
    assert len(names) == 1


def test_only_keeps_names_with_all_words():
    experiments = [Experiment(bits=b, seeds=(0, 1)) for b in (8, 16)]
    kept = sweeps.runs_of(experiments, only=("16bits", "seed1"))
    assert [(run.experiment.bits, run.seed) for run in kept] == [(16, 1)]
    with pytest.raises(InputError, match="only: got moon, wanted words of names"):
        sweeps.runs_of(experiments, only=("moon",))


@pytest.mark.parametrize("path", SWEEPS, ids=lambda p: p.name)
def test_every_sweep_gives_runs(path):
    some = sweeps.runs_of(experiment_file.load_sweep(path))
    wanted = {"paper": 48, "ablations": 15, "methods": 3 * 18, "scenes": 20}
    wanted |= {"seeds": 10, "smoke": 6, "headline": 18, "robust": 108, "grid": 48}
    assert len(some) == wanted[path.stem]
    assert f"configs/sweeps/{path.name}" in path.read_text(), "the command is on top"


def test_the_grid_is_drawn_where_files_are_missing(monkeypatch, tmp_path):
    """With the files of a benchmark it is the paper's; otherwise of the same size."""
    coco = BENCHMARKS["coco"]
    for name in {coco.image_files[0], coco.text_file, coco.label_file}:
        (tmp_path / name).touch()
    monkeypatch.setenv("SCBCH_DATA", str(tmp_path))
    paper, grid = (
        experiment_file.load_sweep(ROOT / f"configs/sweeps/{name}.py")
        for name in ("paper", "grid")
    )
    for wanted, found in zip(paper, grid, strict=True):
        if wanted.data.name == "coco":
            assert found == wanted
            continue
        benchmark, drawn = BENCHMARKS[wanted.data.name], found.data.planted
        assert found.data.name == "planted"
        assert drawn.queries + drawn.database == benchmark.samples[0]
        assert (drawn.train, drawn.classes) == (benchmark.train, benchmark.classes)
        same = replace(found, data=wanted.data, noise=wanted.noise)
        assert same == wanted
        assert found.noise == Noise("swap", rate=wanted.noise.rate)


def test_the_grid_has_the_settings_of_the_single_configs():
    some = sweeps.runs_of(experiment_file.load_sweep(ROOT / "configs/sweeps/paper.py"))
    grid = [run.experiment for run in some]
    for name in ("mirflickr", "nuswide", "coco", "iapr"):
        assert experiment_file.load(ROOT / f"configs/scbch_{name}.py") in grid


def test_methods_differ_from_their_single_configs_in_noise_alone():
    """CMMQ is told the rate, so that it changes with it."""
    some = sweeps.runs_of(
        experiment_file.load_sweep(ROOT / "configs/sweeps/methods.py")
    )
    every = [run.experiment for run in some]
    for name in METHOD_OPTIONS:
        single = experiment_file.load(ROOT / f"configs/{name}_mirflickr.py")
        for rate in (0.2, 0.5, 0.8):
            told = {"noise_rate": rate} if name == "cmmq" else {}
            noise, hparams = Noise("published", rate), single.hparams._replace(**told)
            assert replace(single, noise=noise, hparams=hparams) in every


def test_the_robust_method_and_its_baselines_have_the_same_settings():
    """Each method has the same noise, code lengths, width and seeds."""
    settings = {"robust": set(), "scbch": set(), "nrch": set()}
    for e in experiment_file.load_sweep(ROOT / "configs/sweeps/robust.py"):
        assert e.options.hidden == 1024
        settings[e.method].add((e.noise, e.bits, e.seeds))
    assert settings["robust"] == settings["scbch"] == settings["nrch"]
    assert len(settings["robust"]) == 12


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gone.py", None, "sweep: got .*wanted a file that exists"),
        ("a.json", "{}", "sweep: got .*wanted a .py file"),
        ("a.py", "x = 1", r"sweep: got .*wanted a function get_sweep\(\)"),
        ("a.py", "def get_sweep():\n    return 3", "stopped with TypeError"),
        ("a.py", "def get_sweep():\n    yield 3", r"got a int from get_sweep\(\)"),
        ("a.py", "def get_sweep():\n    return []", "without any, wanted Experiments"),
        ("a.py", "def get_sweep():\n    yield 1/0", "stopped with ZeroDivisionError"),
        ("a.py", "import sys\nsys.exit(3)", "stopped with SystemExit: 3"),
        (
            "a.py",
            "from scbch_jax.config import *\n"
            "def get_sweep():\n    yield Experiment(bits=7)",
            "bits: got 7",
        ),
    ],
)
def test_bad_sweeps_are_one_line(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        experiment_file.load_sweep(tmp_path / name)
    assert "\n" not in str(caught.value)
