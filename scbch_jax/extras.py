"""Optional packages: which extra installs each, and one message where one is missing.

The table repeats pyproject.toml's extras; a test compares the two. An optional package
is imported inside the function that uses it, by `import_optional` or after
`require_packages`, so that everything else works without it.
"""

import importlib
import importlib.util
from typing import Any

from scbch_jax.errors import InputError

EXTRAS = {
    "tensorflow_datasets": "tfds",
    "array_record": "tfds",
    "gensim": "text",
    "matplotlib": "report",
    "jinja2": "report",
    "pyarrow": "parquet",
    "tensorboardX": "tensorboard",
    "torch": "torch",
    "transformers": "encoders",
    "huggingface_hub": "encoders",
    "sklearn": "originals",
    "faiss": "faiss",
    "psycopg": "postgres",
    "dask": "dask",
    "distributed": "dask",
}
"""Extra of each optional package, by the name that it is imported under."""

_PROJECTS = {
    "torch": "PyTorch",
    "sklearn": "scikit-learn",
    "faiss": "FAISS",
    "jinja2": "Jinja2",
    "dask": "Dask",
    "distributed": "Dask Distributed",
}
"""Names for messages, where they differ from the import's."""


def is_installed(package: str) -> bool:
    """Whether a package can be imported; it is not imported for that."""
    return importlib.util.find_spec(package) is not None


def require_packages(purpose: str, *packages: str) -> None:
    """Checks that optional packages are installed, without importing them.

    Args:
        purpose: what needs them; it begins the message.
        packages: names that they are imported under, keys of `EXTRAS`.

    Raises:
        InputError: if one is missing, with the command that installs it.

    """
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return
    names = [_PROJECTS.get(name, name.replace("_", "-")) for name in missing]
    extras = ",".join(sorted({EXTRAS[name] for name in missing}))
    *others, last = names
    listed = f"{', '.join(others)} and {last}" if others else last
    raise InputError(f"{purpose} needs {listed}: pip install 'scbch_jax[{extras}]'")


def import_optional(module: str, purpose: str) -> Any:
    """Imports a module of an optional package.

    Args:
        module: such as "gensim.models.doc2vec".
        purpose: what needs it; it begins the message where the package is missing.

    Raises:
        InputError: if its package is not installed.
    """
    require_packages(purpose, module.split(".")[0])
    return importlib.import_module(module)
