"""The command line in this process: what is asked, and what bad input gets."""

import csv
import dataclasses
import io
import math
import os
import re
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
from command_line import SMOKE, error_line

from scbch_jax import __version__
from scbch_jax.cli import console, parsing, program
from scbch_jax.errors import InputError


def test_a_config_then_options():
    words = "--bits 16 --noise.rate 0.8 --seeds 0 1 --options.drop contrast"
    options = program.parse("train", [SMOKE, *words.split()])
    experiment = options.experiment
    assert (experiment.bits, experiment.noise.rate) == (16, 0.8)
    assert (experiment.seeds, experiment.options.drop) == ((0, 1), ("contrast",))
    assert experiment.options.hidden == 256, "the config's, not the default"
    assert options.name == "smoke"


def test_the_overview_names_every_command(capsys):
    assert program.main([]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in program.COMMANDS)


@pytest.mark.parametrize("group", ["data", "features", "bench"])
def test_the_help_of_a_group_names_its_commands(capsys, group):
    assert program.main([group, "--help"]) == 0
    said = capsys.readouterr().out
    names = [n.split()[1] for n in program.COMMANDS if n.startswith(f"{group} ")]
    assert len(names) > 2
    assert all(f"\n  {name} " in said for name in names)


def test_the_version_is_that_of_the_package(capsys):
    assert program.main(["--version"]) == 0
    assert capsys.readouterr().out == f"scbch_jax {__version__}\n"


def test_help_wraps_at_the_width_of_the_terminal_only(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert program.main(["evaluate", "--help"]) == 0
    assert ", as query_image=NAME; also query_text, query_c" in capsys.readouterr().out


def test_arguments_have_the_names_of_their_roles(capsys):
    for command, usage in (("convert", "SOURCE TARGET"), ("evaluate", "SOURCE ...")):
        assert program.main([command, "--help"]) == 0
        assert usage in capsys.readouterr().out.splitlines()[0]


def test_the_options_of_a_method_have_a_title(capsys):
    assert program.main(["train", SMOKE, "--help"]) == 0
    assert " method options " in capsys.readouterr().out


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_option_has_help(name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    assert program.main([*name.split(), "--help"]) == 0
    said = capsys.readouterr().out
    assert "(default: " in said or "(required)" in said
    assert "{None}" not in said
    assert "options options" not in said
    for words in re.findall(r"^│ --\S+ +(.*?)\(default: ", said, re.MULTILINE):
        placeholder = r"(--\S+ +)?(\{[^}]*\}\S*|\[[A-Z{].*\]|[A-Z|]+)? *"
        assert re.sub(f"^{placeholder}", "", words), f"no help: {words}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fly"], "unknown command fly (scbch --help lists all)"),
        (["trian"], "unknown command trian; did you mean train?"),
        (["data"], "command of data: got nothing, wanted one of show, inspect,"),
        (["data", "shaw"], "command of data: got shaw, wanted one of show, inspect,"),
        (["train"], "config: got none"),
        (["train", "gone.py"], "wanted a file that exists"),
        (
            ["train", SMOKE, "--nose", "3"],
            "scbch: unknown option --nose; did you mean --noise.rate?\n",
        ),
        (
            ["train", SMOKE, "--neighbors", "3"],
            "unknown option --neighbors; did you mean --options.neighbors?",
        ),
        (
            ["train", SMOKE, "--qqq"],
            "unknown option --qqq (scbch train CONFIG --help lists all)",
        ),
        (["train", SMOKE, "8"], "scbch: unexpected argument 8\n"),
        (
            ["train", SMOKE, "--training.epochs", "abc"],
            "--training.epochs: got abc, wanted a whole number from 1 to ",
        ),
        (
            ["train", SMOKE, "--training.epochs", "9" * 5000],
            "999, wanted a whole number",
        ),
        (
            ["train", SMOKE, "--training.batch-size", "99999999999"],
            "training.batch_size: got 99999999999, wanted a whole number from 2 to ",
        ),
        (
            ["train", SMOKE, "--options.warmup-epochs", "9" * 20],
            "options.warmup_epochs: got 99999999999999999999, wanted a whole number",
        ),
        (["train", SMOKE, "--data.planted.words", "10000000000"], "planted.words: got"),
        (
            ["bench", "evaluate", "--items", "9" * 14],
            "items: got 99999999999999, wanted",
        ),
        (["train", SMOKE, "--noise.rate=x"], "--noise.rate: got x, wanted a number"),
        (["train", SMOKE, "--seeds", "0", "x"], "--seeds: got 0 x, wanted one or more"),
        (
            ["compare", "a", "b", "--cutoff", "x"],
            "--cutoff: got x, wanted a whole",
        ),
        (
            ["compare", "a"],
            "second: got nothing, wanted the other folder or file, of the same queries "
            "(scbch compare --help lists the options)",
        ),
        (
            ["evaluate", "a", "--relevance", "x"],
            "--relevance: got x, wanted one of none, shared, jaccard\n",
        ),
        (
            ["train", SMOKE, "--bits", "7"],
            "bits: got 7, wanted a positive multiple of 8",
        ),
        (
            ["train", SMOKE, "--bits", "x"],
            "--bits: got x, wanted a positive",
        ),
        (["train", SMOKE, "--noise.kind", "foo"], "--noise.kind: got foo, wanted"),
        (
            ["train", SMOKE, "--bits"],
            "--bits: got nothing, wanted a positive",
        ),
        (["train", SMOKE, "--seeds", str(2**32)], "seeds: got 4294967296, wanted"),
        (
            ["train", SMOKE, "--options.drop", "contrast", "classification"],
            "options.drop: got contrast, classification, wanted a term left to train",
        ),
        pytest.param(
            ["train", SMOKE, "--options.hidden", "1000000", "--out", "wide"],
            "not enough memory",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["train", SMOKE, "--hparams.learning-rate", "1e30", "--out", "wild"],
            "training: got a loss of nan in epoch",
            marks=pytest.mark.slow,
        ),
        (["train", SMOKE, "--options.drop", "all"], "--options.drop"),
        (["train", SMOKE, "--hparams.margin", "nan"], "hparams.margin: got nan"),
        (
            ["train", SMOKE, "--options.negatives", "9"],
            "unknown option --options.negatives, which is an option of method ucch",
        ),
        (
            ["train", SMOKE, "--method", "ucch"],
            "options: got those of scbch, wanted those of the method, ucch",
        ),
        (
            ["train", SMOKE, "--options.neighbors", "2000"],
            "options.neighbors: got 2000, wanted fewer than the 2000",
        ),
        (
            ["train", SMOKE, "--data.name", "coco"],
            "data.root: got nothing, wanted a folder with MSCOCO",
        ),
        (
            [
                "train",
                SMOKE,
                "--data.name",
                "coco",
                "--noise.kind",
                "published",
                "--data.root",
                "gone",
            ],
            "data.root: got gone",
        ),
        (["evaluate", "."], "got ., wanted the folder of a run"),
        (
            ["evaluate", ".", "--keys", "query_image=a"],
            "keys: got query_image=a with the folder of a run, wanted none",
        ),
        (["compare", ".", ".", "--pairs", "a:b"], "pairs: got a:b with the folder of"),
        (["convert", ".", "a.safetensors", "--text", "b"], "text: got b with a run as"),
        (
            ["convert", "a.pt", "b.pt", "--seed", "1"],
            "seed: got 1 with a file as",
        ),
        (
            ["encode", ".", "--features", "a", "--root", "b"],
            "root: got b with a file",
        ),
        (["evaluate", "gone"], "source: got gone, wanted a file or a folder that"),
        (["evaluate"], "source: got nothing, wanted the folder of a run"),
        (["compare", "gone", "gone"], "first: got gone"),
        (["evaluate", SMOKE, "--cutoffs", "0"], "cutoffs: got 0, wanted whole numbers"),
        (["evaluate", SMOKE, "--keys", "a"], "keys: got a, wanted PART=NAME"),
        (["evaluate", SMOKE], "wanted one ending in .mat"),
        (["encode", "gone"], "run: got gone"),
        (["report", "gone"], "source: got gone, wanted a folder that exists"),
        (["report"], "source: got nothing, wanted the folder of a run or of a sweep"),
        (["report", ".", "--details", "-1"], "details: got -1, wanted a whole number"),
        (["demo", "--epochs", "0"], "epochs: got 0"),
        (["data", "show", "--name", "moon"], "moon"),
        (["crosscheck", "gone"], "files: got gone, wanted"),
        (
            ["data", "show", "--name", "store"],
            "data.root: got nothing, wanted the folder of a store",
        ),
        (
            ["data", "show", "--name", "store", "--root", "gone"],
            "store: got gone, wanted a folder with store.json",
        ),
        (
            ["data", "show", "--name", "store", "--root", "s", "--image", "x.npz"],
            "data.image: got x.npz, wanted none",
        ),
        (
            ["train", SMOKE, "--data.name", "store", "--data.root", "s"]
            + ["--noise.kind", "published"],
            "noise.kind: got published, wanted a kind that is drawn, such as swap, or "
            "none: a store has no noise file",
        ),
        (
            ["data", "import", "a.npz"],
            "--out: got nothing, wanted folder of the new store (scbch data import",
        ),
    ],
)
def test_bad_input_is_one_line(capsys, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SCBCH_DATA", raising=False)
    assert message in error_line(capsys, *words)
    # A run that fails in its first epoch leaves its options, and no results.
    left = {p.name for p in tmp_path.rglob("*") if p.is_file() and p.stat().st_size}
    assert left <= {"experiment.json", "run.json", "noise.npz"}, "nothing half-written"


def test_an_interrupt_is_no_traceback(monkeypatch):
    def stop(name):
        raise KeyboardInterrupt

    monkeypatch.setattr(program.importlib, "import_module", stop)
    assert program.main(["demo"]) == 130


def test_a_bug_is_not_taken_for_bad_input(monkeypatch):
    def fail(name):
        raise ValueError("a bug")

    monkeypatch.setattr(program.importlib, "import_module", fail)
    with pytest.raises(ValueError, match="a bug"):
        program.main(["demo"])
    assert issubclass(InputError, ValueError)


class Ascii(io.TextIOWrapper):
    """A terminal that knows ASCII only."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="ascii", errors="strict")

    def text(self):
        self.flush()
        return self.buffer.getvalue().decode("ascii")


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"]])
def test_help_prints_what_a_terminal_without_utf_8_can(monkeypatch, words):
    terminal = Ascii()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert program.main(words) == 0
    assert "help" in terminal.text()


def test_tables_print_what_a_terminal_can_and_files_are_utf_8(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    name, out = 'ä,"b".npz', tmp_path / "scores.csv"
    signs = np.where(np.eye(8) > 0, 1, -1)
    arrays = {"query_codes": signs, "database_codes": signs}
    arrays |= {"query_labels": np.eye(8), "database_labels": np.eye(8)}
    with open(name, "wb") as file:
        np.savez(file, **arrays)
    terminal = Ascii()
    monkeypatch.setattr(sys, "stdout", terminal)
    assert program.main(["evaluate", name, "--csv", str(out)]) == 0
    assert '\\xe4,"b".npz: 8 queries' in terminal.text()
    rows = list(csv.reader(out.read_text(encoding="utf-8").splitlines()))
    assert rows[1][0] == name, "commas and quotes of a name do not split its cell"


def test_names_that_are_no_utf_8_can_be_printed(monkeypatch, tmp_path, capsys):
    path = tmp_path / os.fsdecode(b"\xff.npz")
    assert r"\udcff.npz, wanted a file" in error_line(capsys, "evaluate", str(path))


@pytest.mark.parametrize("command", ["train", "sweep"])
def test_a_run_is_not_called_by_what_is_no_utf_8(capsys, tmp_path, command):
    configs = Path(SMOKE).parent
    config = configs / ("smoke.py" if command == "train" else "sweeps/smoke.py")
    out = tmp_path / os.fsdecode(b"\xff")
    assert program.main([command, str(config), "--out", str(out)]) == 2
    assert r"\udcff, wanted a name in UTF-8" in capsys.readouterr().err
    assert not out.exists()


def test_line_breaks_and_controls_in_a_value_are_escaped(capsys):
    said = error_line(capsys, "a\nb\x1b[31m\u202ec")
    assert said.startswith(r"scbch: unknown command a\nb\x1b[31m\u202ec ")


def test_links_in_a_loop_are_one_line(capsys, tmp_path):
    loop = tmp_path / "loop.npz"
    loop.symlink_to(loop)
    assert "source: got " in error_line(capsys, "evaluate", str(loop))
    words = ["evaluate", str(tmp_path), "--csv", str(loop)]
    assert "too many levels of symbolic links" in error_line(capsys, *words)


def numbers(kind, default=None):
    """The numeric options of a command or group, with their annotations."""
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        value = getattr(default, name, parsing._default_of(kind, name))
        if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
            yield from numbers(type(value), value)
        elif re.search(r"\b(int|float)\b", str(hint)):
            yield name, hint


@pytest.mark.parametrize("name", program.COMMANDS)
def test_every_number_has_bounds(name):
    """Whole numbers stay below those that overflow, others are finite."""
    _, kind = program._module_and_class(name)
    for option, hint in numbers(kind):
        several = "tuple" in str(hint)
        whole = re.search(r"\bint\b", str(hint)) is not None
        if several and not whole:
            continue  # Such lists are checked by their class.
        wild = 10**12 if whole else math.inf
        checks = [x for x in getattr(hint, "__metadata__", ()) if hasattr(x, "test")]
        passed = [check.test((wild,) if several else wild) for check in checks]
        assert checks, f"{option} of {name} has no bound"
        assert not all(passed), f"{option} of {name} accepts {wild}"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 7.28 TiB"),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9"),
        ValueError("Maximum allowed dimension exceeded"),
        MemoryError(),
    ],
)
def test_too_little_memory_is_one_line(monkeypatch, capsys, error):
    def allocate(name):
        raise error

    monkeypatch.setattr(program.importlib, "import_module", allocate)
    assert "scbch: not enough memory (" in error_line(capsys, "demo")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied", "a.npz"), "a.npz: permission denied"),
        (FileNotFoundError(2, "No such file or directory", "b"), "b: no such file or"),
    ],
)
def test_an_error_of_the_system_names_the_file_and_the_reason(
    monkeypatch, capsys, error, message
):
    def fail(name):
        raise error

    monkeypatch.setattr(program.importlib, "import_module", fail)
    assert f"scbch: {message}" in error_line(capsys, "demo")


def test_a_full_disk_behind_standard_output_is_one_line(monkeypatch, capsys):
    class Full(io.StringIO):
        def write(self, text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(InputError, match="cannot write standard output: no space left"):
        console.output("a table")


def test_a_full_disk_is_one_line(monkeypatch, capsys):
    def full(name):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(program.importlib, "import_module", full)
    assert error_line(capsys, "demo").endswith(": no space left on device\n")
