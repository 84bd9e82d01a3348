import ast
import dataclasses
import json

import pytest
from conftest import ROOT

from scbch_jax.config import (
    Data,
    Experiment,
    Noise,
    Training,
    defaults_of,
    dgcpn,
    experiment_file,
    robust,
    scbch,
)
from scbch_jax.config.experiment import METHOD_OPTIONS
from scbch_jax.errors import InputError

CONFIGS = sorted((ROOT / "configs").glob("*.py"))
ODD = Experiment(
    noise=Noise("none", 0.25),
    bits=24,
    options=scbch.Options(drop=("row-weights", "attraction")),
    hparams=scbch.HParams(margin=0.5),
    training=Training(precision="high"),
    seeds=(3, 1),
)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_every_config_gives_an_experiment(path):
    experiment = experiment_file.load(path)
    assert experiment_file.restore(experiment_file.flatten(experiment)) == experiment
    top = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert f"bin/scbch train configs/{path.name}" in top
    assert "Expected" in top, "time and score, or that they are not measured"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.name)
def test_a_config_of_the_package_is_found_by_its_name(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert experiment_file.load(path.stem) == experiment_file.load(path)


def test_a_sweep_of_the_package_is_found_by_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = ROOT / "configs" / "sweeps" / "smoke.py"
    assert experiment_file.load_sweep("smoke") == experiment_file.load_sweep(path)


def test_the_names_of_configs_are_listed_for_an_unknown_one():
    with pytest.raises(InputError, match="got smoek, wanted .* one of .*, smoke, "):
        experiment_file.load("smoek")
    with pytest.raises(InputError, match="got scbch_coco, wanted .* one of .*, smoke"):
        experiment_file.load_sweep("scbch_coco")


def test_a_record_can_be_passed_back_in(tmp_path):
    experiment_file.save(ODD, tmp_path / "experiment.json")
    assert experiment_file.load(tmp_path / "experiment.json") == ODD


def test_options_left_out_keep_their_default():
    assert experiment_file.restore({"noise.rate": 0.25, "bits": 16}) == Experiment(
        noise=Noise(rate=0.25), bits=16
    )


def test_a_record_of_before_there_were_other_methods():
    """With the names of then; an option that came later has its default."""
    old = json.loads(
        (ROOT / "tests" / "records" / "scbch_before_other_methods.json").read_text()
    )
    experiment = experiment_file.restore(old)
    found = experiment_file.flatten(experiment)
    assert old["options.drop"] == ["weights"]
    old = experiment_file.translate(old)
    assert {name: found[name] for name in old} == old
    later = {name: found[name] for name in found.keys() - old.keys()}
    assert later.items() <= experiment_file.flatten(Experiment()).items()


def test_a_record_of_another_method():
    record = {"method": "dgcpn", "options.neighbors": 30, "hparams.momentum": 0.5}
    experiment = experiment_file.restore(record)
    assert experiment.options == dgcpn.Options(neighbors=30)
    assert experiment.hparams == dgcpn.HParams(momentum=0.5)
    changes = experiment_file.difference(experiment, Experiment())
    assert "method: scbch -> dgcpn" in changes
    assert "hparams.pair_target: None -> 1.5" in changes


def test_differences_are_named():
    changes = experiment_file.difference(
        ODD, Experiment(training=Training(precision="high"))
    )
    assert "bits: 64 -> 24" in changes
    assert "hparams.margin: 0.15 -> 0.5" in changes
    assert not any("training" in change for change in changes)


def test_a_digest_distinguishes_configurations():
    digest = experiment_file.digest
    assert digest(ODD) != digest(Experiment())
    assert digest(Experiment(data=Data(root="a"))) == digest(Experiment())
    assert digest(Experiment(), data="12ab") != digest(Experiment())


def test_a_new_option_with_a_default_changes_no_digest(monkeypatch):
    """Only options that differ from the defaults count."""
    before, flatten = experiment_file.digest(ODD), experiment_file.flatten

    def with_a_new_option(options, prefix=""):
        return {"training.new": 3, **flatten(options, prefix)}

    monkeypatch.setattr(experiment_file, "flatten", with_a_new_option)
    assert experiment_file.digest(ODD) == before


def method_with(option):
    """The first method that has an option."""
    flat = ((m, experiment_file.flatten(defaults_of(m))) for m in METHOD_OPTIONS)
    return next(method for method, options in flat if option in options)


@pytest.mark.parametrize(("old", "new"), experiment_file.RENAMED.items())
def test_names_of_earlier_versions_are_read(old, new):
    values = {"options.pairs": "likelihood", "options.separate_from": 7}
    both = {"options.missing": 0.25, "options.wrong": 0.25}
    record = {old: values.get(old, 0.25), **(both if old in both else {})}
    found = experiment_file.restore({"method": method_with(new), **record})
    assert experiment_file.flatten(found)[new] == record[old]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (name, old, new)
        for name, values in experiment_file.RENAMED_VALUES.items()
        for old, new in values.items()
    ],
)
def test_values_of_earlier_versions_are_read(name, old, new):
    listed = name == "options.drop"
    record = {"method": method_with(name), name: [old] if listed else old}
    found = experiment_file.flatten(experiment_file.restore(record))[name]
    assert found == ([new] if listed else new)


def test_optional_numbers_are_read_back():
    """Their default, None, has no type to compare with."""
    options = robust.Options(ridge=1.0, missing_rate=0.25, wrong_rate=0.125)
    known = dataclasses.replace(defaults_of("robust"), options=options)
    assert experiment_file.restore(experiment_file.flatten(known)) == known
    with pytest.raises(InputError, match="options.ridge: got '1', wanted a number"):
        experiment_file.restore({"method": "robust", "options.ridge": "1"})


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"noise.rat": 0.5}, "config: got noise.rat, wanted known options only"),
        ({"bits": "64"}, "bits: got '64', wanted a whole number"),
        ({"bits": True}, "bits: got True"),
        ({"noise.rate": 7}, "noise.rate: got 7.0"),
        (
            {"method": "dcmh"},
            "method: got dcmh, wanted one of scbch, ucch, dgcpn",
        ),
        ({"method": ["ucch"]}, "method: got"),
        ({"method": "ucch", "options.neighbors": 3}, "config: got options.neighbors"),
        ({"options.negatives": 3}, "config: got options.negatives, wanted known"),
        pytest.param(
            {"noise.kind": "swop"}, "got swop, wanted one of", marks=pytest.mark.errors
        ),
        pytest.param(
            {"options.drop": ["all"]}, "options.drop: got", marks=pytest.mark.errors
        ),
        pytest.param({"seeds": ["a"]}, "seeds: got", marks=pytest.mark.errors),
        ([], "wanted a JSON object"),
    ],
)
def test_bad_records_are_one_line(tmp_path, record, message):
    (tmp_path / "bad.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=message):
        experiment_file.load(tmp_path / "bad.json")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gone.py", None, "wanted a file that exists"),
        ("a.yaml", "", "wanted a .py or .json file"),
        ("a.json", "{", "wanted JSON"),
        ("a.json", "[" * 100_000, "wanted JSON"),
        ("a.json", '{"bits": %s}' % ("9" * 5_000), "wanted JSON"),
        ("a.json", '{"noise.rate": %s}' % ("9" * 4_000), "noise.rate: got 9999"),
        ("a.py", "x = 1", r"wanted a function get_config\(\)"),
        ("a.py", "def get_config():\n    return 3", "got a int from"),
        ("a.py", "1/0", "stopped with ZeroDivisionError"),
        ("a.py", "import sys\nsys.exit(0)", "stopped with SystemExit: 0"),
        ("a.py", "raise BaseException", "stopped with BaseException: no message"),
        ("a.py", "def get_config():\n    return 1/0", "stopped with ZeroDivisionError"),
        ("a.py", "from scbch_jax.config import *\nExperiment(bits=7)", "bits: got 7"),
    ],
)
def test_bad_files_are_one_line(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        experiment_file.load(tmp_path / name)
    assert "\n" not in str(caught.value)
