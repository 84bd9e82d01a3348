"""The live check: clones that tests write, and clones of the original repositories."""

import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import GOLDEN, ROOT

from scbch_jax import agreement
from scbch_jax.cli import program
from scbch_jax.errors import InputError
from scbch_jax.originals import clones

TORCH = '''\
"""As much of PyTorch as recording MAP, and training nothing, need."""

import contextlib
import numpy as np

class Tensor(np.ndarray):
    to = cuda = None

    def float(self):
        return self.astype(np.float32)

    def numpy(self):
        return np.asarray(self)

tensor = lambda values: np.asarray(values).view(Tensor)
no_grad = contextlib.nullcontext

class nn:
    Module = type("Module", (Tensor,), {})

class cuda:
    pass

FloatTensor, float32 = Tensor, None

def manual_seed(seed):
    pass
'''

TRAIN = '''\
"""MAP of the queries that have a relevant item."""

import pathlib

import numpy as np
from matplotlib.nothing import drawn
from utils.tools import precisions


def calc_map_k(codes, queries, labels, query_labels, device):
    pathlib.Path("result.txt").write_text("written where it runs")
    print("what it says is not shown")
    found = []
    for code, label in zip(queries, query_labels):
        order = np.argsort(-codes @ code, kind="stable")
        right = (labels[order] @ label > 0)
        if right.any():
            found.append(precisions(right)[right].mean())
    return sum(found) / len(found)
'''

TOOLS = """\
import numpy as np

def precisions(right):
    return np.cumsum(right) / np.arange(1, len(right) + 1)
"""

METRICS_ONLY = """\
import sys
from pathlib import Path
from scbch_jax.originals import __main__ as recorder, scbch

scbch.RECORDS = {"metrics": scbch.metrics}
recorder.main("scbch", Path(sys.argv[1]), 3, Path(sys.argv[2]))
"""


TRAIN_NOTHING = """\
import sys
from pathlib import Path
from scbch_jax.originals import __main__ as program, scbch

def train(torch, task):
    assert task.options == {"bits": 2}, task
    assert (task.seed, task.labels.tolist()) == (3, [[1.0, 0.0]])
    shift = task.image.mean()
    return lambda x: x - shift, lambda x: -x

scbch.train = train
program.main("scbch", Path(sys.argv[1]), 3, *map(Path, sys.argv[2:]))
"""


def written(folder, **files):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def clone(tmp_path):
    """Has what a clone of Plke/SCBCH has, as far as MAP needs it."""
    files = {"train": TRAIN, "utils__tools": TOOLS, "noise_label__generate": ""}
    return written(tmp_path / "clone", **files)


@pytest.fixture
def pretended(tmp_path, monkeypatch):
    """The folder of a module `torch` that is not PyTorch."""
    folder = written(tmp_path / "torch", torch=TORCH)
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{ROOT}")
    monkeypatch.syspath_prepend(str(folder))
    return folder


def test_a_clones_code_is_run_and_its_outputs_recorded(clone, pretended, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "out").mkdir()
    ran = subprocess.run(
        [sys.executable, "-c", METRICS_ONLY, str(clone), str(tmp_path / "out")],
        cwd=tmp_path / "here",
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "scbch-metrics.npz"
    assert not list((tmp_path / "here").iterdir())
    (comparison,) = agreement.check_file(path).comparisons
    assert comparison.agrees
    assert comparison.quantity.startswith("MAP")


def test_a_clone_is_trained_on_given_rows(clone, pretended, tmp_path):
    arrays = {"image": [[1.0, 2.0]], "text": [[0.5, 1.0]], "labels": [[1, 0]]}
    arrays |= {"query_image": [[1.0, 3.0]], "query_text": [[-2.0, 3.0]]}
    arrays["options"] = '{"bits": 2}'
    np.savez(tmp_path / "task.npz", **{k: np.array(a) for k, a in arrays.items()})
    words = [str(clone), str(tmp_path), str(tmp_path / "task.npz")]
    ran = subprocess.run(
        [sys.executable, "-c", TRAIN_NOTHING, *words], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    codes = dict(np.load(tmp_path / "codes.npz"))
    assert {k: x.tolist() for k, x in codes.items()} == {
        "query_image": [[-1, 1]],
        "query_text": [[1, -1]],
    }


def test_the_clones_that_can_be_trained_are_listed():
    modules = {
        m: importlib.import_module(f"scbch_jax.originals.{m}")
        for m in clones.REPOSITORIES
    }
    assert {m for m, x in modules.items() if hasattr(x, "train")} == set(clones.TRAINED)


def said(capsys, *words):
    """The one line of a call that is refused."""
    assert program.main(["crosscheck", *words]) == 2
    out, line = capsys.readouterr()
    assert (out, line.count("\n")) == ("", 1)
    return line


def test_code_that_fails_is_one_line(clone, pretended, tmp_path, capsys):
    (clone / "train.py").write_text("raise RuntimeError('of another version')")
    line = said(capsys, "--official", str(clone))
    assert f"official: the code in {clone} failed: RuntimeError: of another" in line


@pytest.mark.parametrize("method", clones.REPOSITORIES)
def test_a_folder_that_is_no_clone(method, tmp_path, capsys):
    line = said(capsys, "--official", str(tmp_path), "--method", method)
    repository = clones.REPOSITORIES[method].name
    assert (
        f"official: got {tmp_path}, wanted a clone of github.com/{repository}" in line
    )


def test_a_clone_of_another_method(clone, capsys):
    line = said(capsys, "--official", str(clone), "--method", "nrch")
    assert "wanted a clone of github.com/LonganWANG-cs/NRCH" in line


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("robust", "method: got robust, wanted one with released code: scbch, nrch"),
        ("moon", "moon"),
    ],
)
def test_a_method_that_has_no_clone(clone, capsys, method, message):
    assert message in said(capsys, "--official", str(clone), "--method", method)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("scbch", "--official needs PyTorch: pip install 'scbch_jax[torch]'"),
        (
            "nrch",
            "--official needs PyTorch and scikit-learn: "
            "pip install 'scbch_jax[originals,torch]'",
        ),
    ],
)
def test_missing_packages_are_named(tmp_path, monkeypatch, method, message):
    for name in clones.REPOSITORIES[method].files:
        written(tmp_path, **{name.removesuffix(".py").replace("/", "__"): ""})
    for package in ("torch", "sklearn"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as caught:
        clones.require_clone(method, tmp_path)
    assert str(caught.value) == message


def test_no_clone_can_be_taken_for_another():
    files = [set(x.files) for x in clones.REPOSITORIES.values()]
    assert len(files) > 9
    for one in files:
        assert sum(one <= other for other in files) == 1


@pytest.mark.parametrize("method", sorted(clones.REPOSITORIES.keys() - {"scbch"}))
def test_every_recorder_writes_the_files_that_the_package_has(method):
    """Without PyTorch, which a recorder gets when it is called."""
    records = importlib.import_module(f"scbch_jax.originals.{method}").RECORDS
    shipped = {path.name for path in GOLDEN.glob(f"{method}-*.npz")}
    assert {f"{method}-{kind}.npz" for kind in records} == shipped


def original(method):
    """A clone in the folder that SCBCH_ORIGINALS names."""
    folder = Path(os.environ.get("SCBCH_ORIGINALS", "")) / method
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed")
    if not os.environ.get("SCBCH_ORIGINALS") or not folder.is_dir():
        pytest.skip(f"SCBCH_ORIGINALS names no folder with a clone {method}")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("method", clones.REPOSITORIES)
def test_the_live_check(method, capsys):
    words = ["--official", str(original(method)), "--method", method, "--seed", "11"]
    assert program.main(["crosscheck", *words]) == 0
    assert f"{method}-" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("method", clones.TRAINED)
def test_both_programs_train(method, tmp_path, capsys):
    """Where PyTorch and clones are at hand: two epochs, so they need not agree."""
    words = ["--runs", str(original(method)), "--method", method, "--hidden", "16"]
    epochs = "20" if method == "cmmq" else "2"
    words += ["--epochs", epochs, "--seeds", "2", "--out", str(tmp_path / "runs.jsonl")]
    words += ["--data.planted.train", "2200"] if method == "dgcpn" else []
    assert program.main(["crosscheck", *words]) in (0, 1)
    assert len((tmp_path / "runs.jsonl").read_text().splitlines()) == 4
    assert "| average |" in capsys.readouterr().out
