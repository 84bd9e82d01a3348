"""The architecture: imports point to lower layers, public names are documented."""

import ast
import importlib
import os
import subprocess
import sys

import pytest
from conftest import ROOT

PACKAGE = ROOT / "scbch_jax"
LAYERS = [
    {"errors": "errors with one line for the user, checks of shapes"},
    {
        "io": "atomic writing of files and folders, JSON",
        "types": "records of a dataset",
        "arrays": "names of JAX arrays and records",
        "allocation": "how freed memory is kept",
        "sharding": "meshes, and what is sharded over them",
        "compiled": "the folder of compiled programs",
        "extras": "optional packages, and what to install where one is missing",
    },
    {
        "config": "options of an experiment and of each method",
        "results": "the result of an epoch",
        "plotting": "Matplotlib's style, figures as files",
        "parallel": "a function mapped over parts, here or by Dask",
        "originals": "programs that run a clone of a method's original code",
    },
    {
        "data": "file formats, import, stores, splits, label noise, published sets",
        "networks": "networks as pure functions, weight files",
        "losses": "loss terms on arrays",
        "optim": "optimizers with PyTorch's update rules",
    },
    {
        "neighbors": "nearest neighbors, soft labels, similarity graphs",
        "labels": "posteriors of noisy labels",
    },
    {
        "retrieval": "packed codes, Hamming distances, metrics",
        "features": "features of pictures and texts",
        "methods": "methods of papers, and a robust method",
    },
    {
        "index": "search over packed codes, an index as a folder",
        "training": "epochs, lanes, streaming, encoding, checkpoints",
        "datasets": "from options to a dataset; the scenes dataset",
    },
    {
        "runs": "an experiment from options to results; its folder",
        "bench": "speed beside other implementations",
    },
    {
        "report": "tables, figures and a page of runs",
        "serve": "an index over HTTP, and its page",
        "agreement": "comparison with PyTorch code: recorded outputs, and runs",
        "encoder": "everything between a picture or a text and its code",
    },
    {"sweeps": "many runs, resumable"},
    {"cli": "commands"},
]
"""Packages and modules from the lowest layer to the highest."""

FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")
PACKAGES = sorted(p.parent.name for p in PACKAGE.glob("*/__init__.py"))


def package(module):
    return module.split(".")[1]


def layer(name):
    return next(i for i, names in enumerate(LAYERS) if name in names)


def imports(path):
    """Every module that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            if node.module == "scbch_jax":
                yield from (f"scbch_jax.{a.name}" for a in node.names)
            else:
                yield node.module


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(p for p in parts if p != "__init__")


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_point_one_way(path):
    here = package(module_of(path))
    for target in imports(path):
        if not target.startswith("scbch_jax.") or target.endswith("__version__"):
            continue
        there = package(target)
        assert there == here or layer(there) < layer(here), f"{here} imports {target}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_some_packages_stay_in_their_package(path):
    here, names = package(module_of(path)), {t.split(".")[0] for t in imports(path)}
    if here != "networks":
        assert "flax" not in names
    if here in ("report", "config", "errors", "io", "types", "results", "data"):
        assert not {"jax", "flax", "optax"} & names
    if module_of(path) != "scbch_jax.training.checkpoints":
        assert "orbax" not in names
    if here != "parallel":
        assert not {"dask", "distributed"} & names
    if here != "serve":
        assert not {"starlette", "uvicorn", "h11", "msgspec"} & names
        assert "prometheus_client" not in names
    if here in ("config", "cli"):
        return
    assert "tyro" not in names


def test_commands_on_data_load_no_jax(tmp_path):
    """In a fresh process, and no plots or networks either."""
    code = (
        "import sys, numpy as np\n"
        "np.savez('a.npz', XAll=np.eye(4), YAll=np.eye(4), LAll=np.eye(4))\n"
        "import scbch_jax.cli.data.inspect\n"
        "print([m for m in ('h5py', 'scipy', 'jax') if m in sys.modules])\n"
        "from scbch_jax.cli import program\n"
        "code = program.main(['data', 'inspect', 'a.npz'])\n"
        "words = ['--queries', '1', '--train', '2', '--out', 's']\n"
        "code += program.main(['data', 'import', 'a.npz', *words])\n"
        "code += program.main(['data', 'verify', 's'])\n"
        "loaded = [m for m in ('jax', 'flax', 'matplotlib') if m in sys.modules]\n"
        "print(code, loaded)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    said = ran.stdout.splitlines()
    assert (said[0], said[-1]) == ("[]", "0 []")


def test_nothing_names_a_method_in_training():
    names = {p.stem for p in (PACKAGE / "config").glob("*.py")} & {
        p.stem for p in (PACKAGE / "methods").glob("*.py") if p.stem != "__init__"
    }
    assert len(names) > 3
    for path in (PACKAGE / "training").glob("*.py"):
        text = path.read_text().lower().replace("scbch_jax", "")
        assert not [name for name in names if name in text]


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_exist_and_are_documented(name):
    module = importlib.import_module(f"scbch_jax.{name}")
    assert module.__doc__
    for public in getattr(module, "__all__", []):
        thing = getattr(module, public)
        if callable(thing):
            assert thing.__doc__, f"{name}.{public}"


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_every_public_definition_has_a_docstring(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_":
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


def layer_table():
    """The layers from the highest to the lowest, as a Markdown table."""
    rows = ["| layer | package or module | holds |", "| ---: | --- | --- |"]
    for number, names in reversed(list(enumerate(LAYERS))):
        for name, holds in names.items():
            shown = f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py"
            rows.append(f"| {number} | `{shown}` | {holds} |")
    return "\n".join(rows)


def test_the_table_of_layers_is_in_the_docs():
    """Run this file as a program to print the table."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    begin, end = "<!-- layers: begin -->\n", "\n<!-- layers: end -->"
    assert text.split(begin)[1].split(end)[0] == layer_table()


if __name__ == "__main__":
    print(layer_table())
