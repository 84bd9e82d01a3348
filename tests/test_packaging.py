"""What is installed: version bounds, extras, optional packages, and bin/environment."""

import ast
import os
import runpy
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile

import numpy as np
import pytest
from conftest import ROOT

import scbch_jax
from scbch_jax import encoder, extras, features, index, plotting
from scbch_jax.cli import crosscheck, demo, progress
from scbch_jax.cli.crosscheck import Crosscheck
from scbch_jax.cli.features.texts import FeaturesTexts
from scbch_jax.data.formats import parquet
from scbch_jax.data.tfds import prepared
from scbch_jax.errors import InputError
from scbch_jax.networks import weight_files
from scbch_jax.report import writing

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = PROJECT["optional-dependencies"]
SOURCES = sorted((ROOT / "scbch_jax").rglob("*.py"))
IMPORT_NAMES = {
    "orbax-checkpoint": "orbax",
    "pillow": "PIL",
    "scikit-learn": "sklearn",
    "faiss-cpu": "faiss",
    "tensorflow-datasets": "tensorflow_datasets",
    "array-record": "array_record",
}


def import_name(requirement):
    project = requirement
    for sign in "[<>=;! ":
        project = project.split(sign)[0]
    return IMPORT_NAMES.get(project, project.replace("-", "_"))


def imported_packages(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_the_lists_of_requirements_are_those_of_pyproject():
    """Version bounds are typed in pyproject.toml only; bin/requirements copies them."""
    for name, text in runpy.run_path(str(ROOT / "bin" / "requirements"))[
        "lists"
    ]().items():
        assert (ROOT / name).read_text() == text, "run bin/requirements"


def test_the_table_of_extras_is_that_of_pyproject():
    for package, extra in extras.EXTRAS.items():
        assert package in map(import_name, OPTIONAL[extra])
    listed = {
        import_name(requirement)
        for extra in OPTIONAL.keys() - {"dev", "all", "cuda12"}
        for requirement in OPTIONAL[extra]
    }
    assert listed - {"scbch_jax"} == extras.EXTRAS.keys()


def test_no_module_imports_what_the_package_does_not_depend_on():
    core = set(map(import_name, PROJECT["dependencies"]))
    known = core | extras.EXTRAS.keys() | set(sys.stdlib_module_names)
    # MarkupSafe comes with Jinja2, h11 with uvicorn.
    known |= {"scbch_jax", "markupsafe", "h11"}
    for path in SOURCES:
        assert set(imported_packages(path)) <= known, path


def test_everything_but_tests_and_linters_is_no_dependency():
    core = set(map(import_name, PROJECT["dependencies"]))
    assert not core & {"pytest", "ruff", "pyright", "gensim", "matplotlib", "jinja2"}
    assert not core & {"tensorflow_datasets", "array_record", "beartype", "sklearn"}


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        (["gensim"], "a model needs gensim: pip install 'scbch_jax[text]'"),
        (["torch"], "a model needs PyTorch: pip install 'scbch_jax[torch]'"),
        (
            ["gensim", "numpy", "matplotlib"],
            "a model needs gensim and matplotlib: pip install 'scbch_jax[report,text]'",
        ),
        (
            ["gensim", "matplotlib", "torch"],
            "a model needs gensim, matplotlib and PyTorch: "
            "pip install 'scbch_jax[report,text,torch]'",
        ),
    ],
)
def test_a_missing_optional_package_is_one_line_with_its_extra(
    monkeypatch, packages, message
):
    for package in set(packages) - {"numpy"}:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as caught:
        extras.require_packages("a model", *packages)
    assert str(caught.value) == message


PARQUET = "a .parquet file needs pyarrow: pip install 'scbch_jax[parquet]'"
USES = {
    "Doc2Vec": (
        lambda folder: features.train_doc2vec(["a b"], features.Doc2VecConfig()),
        "Doc2Vec needs gensim: pip install 'scbch_jax[text]'",
    ),
    "Doc2Vec, by its options": (
        lambda folder: FeaturesTexts(source=folder, kind="doc2vec"),
        "--kind doc2vec needs gensim: pip install 'scbch_jax[text]'",
    ),
    "a figure": (
        lambda folder: plotting.styled_figure((1, 1)).__enter__(),
        "a figure needs matplotlib: pip install 'scbch_jax[report]'",
    ),
    "a figure of crosscheck": (
        lambda folder: crosscheck.main(Crosscheck(figure=folder / "a.png")),
        "crosscheck --figure needs matplotlib: pip install 'scbch_jax[report]'",
    ),
    "the report": (
        lambda folder: writing.write([], folder / "report"),
        "report needs matplotlib and Jinja2: pip install 'scbch_jax[report]'",
    ),
    "the demo": (
        lambda folder: demo.main(demo.Demo(out=folder / "demo")),
        "demo needs gensim, matplotlib and Jinja2: "
        "pip install 'scbch_jax[report,text]'",
    ),
    "PyTorch weights": (
        lambda folder: weight_files.read_named(folder / "a.pt"),
        "a .pt or .pth file needs PyTorch: pip install 'scbch_jax[torch]'",
    ),
    "TensorBoard": (
        lambda folder: progress.event_writer("tensorboard", folder).__enter__(),
        "train --log tensorboard needs tensorboardX: "
        "pip install 'scbch_jax[tensorboard]'",
    ),
    "arrays in Parquet": (
        lambda folder: list(parquet.parquet_arrays(folder / "a.parquet")),
        PARQUET,
    ),
    "datasets of TFDS": (
        lambda folder: prepared.open_folder(folder),
        "TFDS needs tensorflow-datasets and array-record: "
        "pip install 'scbch_jax[tfds]'",
    ),
}


@pytest.mark.parametrize("name", USES)
def test_a_feature_without_its_optional_package_says_which_extra_has_it(
    name, tmp_path, monkeypatch
):
    call, message = USES[name]
    for package in extras.EXTRAS:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError) as caught:
        call(tmp_path)
    assert str(caught.value) == message
    assert not list(tmp_path.iterdir())


def test_an_optional_package_that_is_there_is_imported():
    assert extras.import_optional("matplotlib.figure", "a figure").Figure


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel of this checkout, which is built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    pip(*words)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder with nothing but what the wheel installs."""
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--no-deps", "--target", folder, wheel)
    return folder


def pip(*words):
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *words]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


def run_installed(paths, *words, folder):
    """What Python, called in a folder, ended with and said."""
    return subprocess.run(
        [sys.executable, "-P", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(paths)},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_wheel_has_every_file_of_the_package_and_the_configs(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, place in (("scbch_jax", ""), ("configs", "scbch_jax/")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert place + path.relative_to(ROOT).as_posix() in names
    outside = {n for n in names if not n.startswith("scbch_jax")}
    assert not outside


COMMANDS = {
    "--version": f"scbch_jax {scbch_jax.__version__}",
    "train smoke --training.epochs 1 --out run": "results: run",
    "sweep smoke --only swap20 seed0 --training.epochs 1 --out sweep": "results: sweep",
    "crosscheck {golden}/losses-f32.npz {golden}/rshnl-losses.npz": "quantities agree",
}
RUN_ALL = """
import sys
from scbch_jax.cli import program
for words in sys.argv[1:]:
    print("code", program.main(words.split()))
"""


@pytest.mark.slow
@pytest.mark.commands
def test_the_installed_wheel_runs_outside_a_checkout(installed, tmp_path):
    golden = installed / "scbch_jax" / "agreement" / "golden"
    commands = [words.format(golden=golden) for words in COMMANDS]
    ran = run_installed(installed, "-c", RUN_ALL, *commands, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    said = ran.stdout.split("code 0\n")
    assert len(said) == len(commands) + 1, ran.stderr
    for text, wanted in zip(said, COMMANDS.values(), strict=False):
        assert wanted in text


@pytest.mark.slow
@pytest.mark.commands
def test_the_demo_of_a_wheel_tells_methods_apart_and_finds_scenes(installed, tmp_path):
    words = ("-m", "scbch_jax.cli", "demo", "--epochs", "8", "--out", "out")
    ran = run_installed(installed, *words, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    page, command = ran.stdout.splitlines()[-2:]
    assert page == "out/report/index.html"
    assert command.endswith(": scbch serve out/index")
    assert "data:image/png" in (tmp_path / page).read_text(), "scenes are shown"
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in ran.stdout.splitlines()
        if line.startswith("| SCBCH")
    ]
    table = {row[0].split(",")[0]: [float(c) for c in row[1:6]] for row in rows}
    assert list(table) == ["SCBCH", "SCBCH-1", "SCBCH-2", "SCBCH-3", "SCBCH-4"]
    assert table["SCBCH"][2] > table["SCBCH-2"][2] + 10
    assert table["SCBCH"][3] > table["SCBCH"][4] + 0.03, "noisy rows weigh less"
    check_that_words_find_their_scenes(tmp_path / "out" / "index")


def check_that_words_find_their_scenes(folder):
    """Of twenty pictures found, more than twice as many show it as by chance."""
    opened, encode = index.Index(folder), encoder.open_encoder(folder).texts
    labels = [opened.record(row)["labels"] for row in range(opened.size)]
    for words, label in (("red circle", "red"), ("azure", "blue"), ("the sky", "sky")):
        (ids,) = opened.search(encode([words]).codes, find="image", k=20).ids.tolist()
        shown = np.mean([label in labels[i] for i in ids])
        assert shown > 2 * np.mean([label in row for row in labels]), words


@pytest.mark.slow
@pytest.mark.commands
def test_an_installed_wheel_runs_a_clones_code(installed, tmp_path):
    """As far as the clone goes, on a module that is not PyTorch."""
    for name in ("clone/noise_label", "torch"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "clone" / "noise_label" / "generate.py").touch()
    (tmp_path / "clone" / "train.py").write_text("raise RuntimeError('it was run')")
    (tmp_path / "torch" / "torch.py").write_text(
        "class Tensor: to = None\n"
        "class nn: Module = type('Module', (Tensor,), {})\n"
        "class cuda: pass\n"
        "FloatTensor, manual_seed, float32 = Tensor, print, None\n"
    )
    paths = os.pathsep.join(map(str, (installed, tmp_path / "torch")))
    words = ["-m", "scbch_jax.cli", "crosscheck", "--official", "clone"]
    ran = run_installed(paths, *words, folder=tmp_path)
    wanted = "scbch: official: the code in clone failed: RuntimeError: it was run\n"
    assert (ran.returncode, ran.stderr) == (2, wanted)


FAKE_PYTHON = """\
#!/bin/sh
# A Python whose environments hold a pip that does what $PIP_ENDS_WITH says.
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && echo fresh >"$3/kind"
    echo "home = $3" >"$3/pyvenv.cfg"
elif [ "$2 $3" = "-m pip" ]; then
    echo pip >>"$PIP_LOG"
    sleep "${PIP_SECONDS:-0}"
    here=$(dirname "$0")
    printf '#!%s/python\\n' "$here" >"$here/tool"
    exit "${PIP_ENDS_WITH:-0}"
elif [ "$2 $3" = "-m scbch_jax.cli" ]; then
    cat "$(dirname "$0")/../kind"
else
    exec REAL "$@"
fi
"""


@pytest.fixture
def checkout(tmp_path):
    """A checkout with the programs of bin/, empty lists, and an old environment."""
    root = tmp_path / "a checkout"
    (root / "bin").mkdir(parents=True)
    for name in ("environment", "scbch"):
        shutil.copy(ROOT / "bin" / name, root / "bin")
    for name in ("requirements.txt", "requirements-cpu.txt", "pyproject.toml"):
        (root / name).write_text("")
    program = tmp_path / "python"
    program.write_text(FAKE_PYTHON.replace("REAL", sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "kind").write_text("old\n")
    shutil.copy(program, root / ".venv" / "bin" / "python")
    return root


def start(root, **variables):
    python = root.parent / "python"
    return subprocess.Popen(
        [root / "bin" / "scbch", "--help"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHON": str(python),
            "PIP_LOG": str(root.parent / "log"),
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_failed_installation_keeps_the_environment_of_before(checkout):
    ran = start(checkout, PIP_ENDS_WITH="1")
    said = ran.communicate()[1]
    assert ran.returncode == 2
    assert said.splitlines()[-1].startswith("bin: installation failed")
    assert (checkout / ".venv" / "kind").read_text() == "old\n"
    assert not (checkout / ".venv.new").exists()


def test_a_killed_installation_keeps_the_environment_of_before(checkout):
    ran = start(checkout, PIP_SECONDS="1.5")
    while not (checkout.parent / "log").exists():
        assert ran.poll() is None
    ran.kill()
    ran.communicate()
    assert (checkout / ".venv" / "kind").read_text() == "old\n"
    again = start(checkout)
    assert again.communicate()[0] == "fresh\n"


def test_a_new_environment_takes_the_place_of_the_old_one(checkout):
    ran = start(checkout)
    assert ran.communicate()[0] == "fresh\n"
    tool = (checkout / ".venv" / "bin" / "tool").read_text()
    assert tool == f"#!{checkout}/.venv/bin/python\n"
    assert {p.name for p in checkout.glob(".venv*")} == {".venv", ".venv.lock"}
    assert start(checkout).communicate() == ("fresh\n", "")


def test_two_installations_at_once_are_one(checkout):
    both = [start(checkout, PIP_SECONDS="1.5") for _ in range(2)]
    said = [ran.communicate() for ran in both]
    assert [out for out, _ in said] == ["fresh\n"] * 2
    assert (checkout.parent / "log").read_text() == "pip\n" * 2
    assert sum("waiting for another installation" in err for _, err in said) == 1
