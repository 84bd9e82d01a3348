"""What is installed: version bounds, extras, optional packages, and bin/environment."""

import ast
import os
import runpy
import shutil
import stat
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT

from scbch_jax import extras
from scbch_jax.errors import InputError

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = PROJECT["optional-dependencies"]
SOURCES = sorted((ROOT / "scbch_jax").rglob("*.py"))
IMPORT_NAMES = {
    "orbax-checkpoint": "orbax",
    "pillow": "PIL",
    "faiss-cpu": "faiss",
    "tensorflow-datasets": "tensorflow_datasets",
    "array-record": "array_record",
}


def import_name(requirement):
    project = requirement
    for sign in "[<>=;! ":
        project = project.split(sign)[0]
    return IMPORT_NAMES.get(project, project)


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
    # MarkupSafe comes with Jinja2.
    known |= {"scbch_jax", "markupsafe"}
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


def test_an_optional_package_that_is_there_is_imported():
    assert extras.import_optional("matplotlib.figure", "a figure").Figure


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
elif [ "$1 $2" = "-m scbch_jax.cli" ]; then
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
    ran = start(checkout, PIP_SECONDS="0.5")
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
    both = [start(checkout, PIP_SECONDS="0.5") for _ in range(2)]
    said = [ran.communicate() for ran in both]
    assert [out for out, _ in said] == ["fresh\n"] * 2
    assert (checkout.parent / "log").read_text() == "pip\n" * 2
    assert sum("waiting for another installation" in err for _, err in said) == 1
