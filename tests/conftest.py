"""Strict settings for every test, and the fixtures that they share."""

import os
import sys
from pathlib import Path

import pytest
from counts import pytest_terminal_summary  # noqa: F401 -- pytest finds it here

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "scbch_jax" / "agreement" / "golden"
MIRFLICKR = Path(
    os.environ.get("SCBCH_DATA", ROOT.parent / "shared" / "data" / "mirflickr25k")
)


def pytest_addoption(parser):
    parser.addoption(
        "--check-shapes",
        action="store_true",
        help="check every annotated shape and type as the code runs",
    )


def pytest_configure(config):
    if config.getoption("--check-shapes"):
        from jaxtyping import install_import_hook

        install_import_hook("scbch_jax", "typechecker.checked")

    import jax

    from scbch_jax import allocation

    allocation.collect_seldom()
    jax.config.update("jax_numpy_rank_promotion", "raise")
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.config.update("jax_debug_key_reuse", True)


@pytest.fixture
def key():
    import jax

    return jax.random.key(0)


@pytest.fixture(params=["eager", "jit"])
def transform(request):
    """Runs a function of arrays without compiling, or compiled."""
    import jax

    def eager(function):
        def run(*args):
            with jax.disable_jit():
                return function(*args)

        return run

    return {"eager": eager, "jit": jax.jit}[request.param]


@pytest.fixture
def strict():
    """Forbids silent changes of dtype inside the test."""
    import jax

    with jax.numpy_dtype_promotion("strict"):
        yield


@pytest.fixture
def double():
    """Double precision inside the test."""
    import jax

    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


@pytest.fixture
def batch():
    """A small labeled batch with awkward rows: no label, all labels, twins."""
    import draws
    import jax.numpy as jnp

    rows = draws.normal(3, 2, 7, 8)
    codes = rows / jnp.linalg.norm(rows, axis=2, keepdims=True)
    labels = jnp.array(
        [
            [0, 0, 0, 0],
            [1, 1, 1, 1],
            [1, 0, 1, 0],
            [1, 0, 1, 0],
            [0, 1, 0, 0],
            [0, 0, 0, 1],
            [1, 1, 0, 0],
        ],
        jnp.float32,
    )
    return codes[0], codes[1], labels


@pytest.fixture(scope="module")
def without_tensorflow():
    """The module's tests do not import TensorFlow, even where it is installed."""
    before = "tensorflow" in sys.modules
    yield
    assert ("tensorflow" in sys.modules) == before


@pytest.fixture
def mirflickr():
    """The folder of the real MIRFlickr-25K files."""
    if not MIRFLICKR.is_dir():
        pytest.skip(f"no MIRFlickr-25K files in {MIRFLICKR}; SCBCH_DATA names a folder")
    return MIRFLICKR
