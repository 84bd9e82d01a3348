"""The architecture: imports point to lower layers, public names are documented."""

import ast
import importlib

import pytest
from conftest import ROOT

PACKAGE = ROOT / "scbch_jax"
LAYERS = [
    {"errors"},
    {"io", "types", "arrays", "sharding", "extras"},
    {"plotting"},
    {"config", "results"},
    {"data", "networks", "losses", "neighbors", "optim"},
    {"retrieval", "features", "methods", "index"},
    {"training", "datasets"},
    {"runs", "agreement", "bench"},
    {"report"},
    {"sweeps"},
    {"cli"},
]
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
    if here in ("config", "cli"):
        return
    assert "tyro" not in names


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
