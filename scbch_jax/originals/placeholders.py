"""Stands in for packages that a clone imports and that no recording uses."""

import importlib.machinery
import types
from typing import Any

OPTIONAL = frozenset(
    {"PIL", "h5py", "matplotlib", "pandas", "scipy", "sklearn", "torchvision", "tqdm"}
)
"""Packages that may be absent."""


class Placeholder(types.ModuleType):
    """Stands in for a package that is absent: any name in it is another placeholder."""

    def __getattr__(self, name: str) -> Any:
        """Makes up what is asked for, but nothing that Python itself looks for."""
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Hands back what it was given, as a progress bar does."""
        return args[0] if args else self


class Finder:
    """Finds placeholders for packages that cannot be imported."""

    def __init__(self, names: frozenset[str]) -> None:
        """Takes the names of packages that may be absent."""
        self.names = names

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Asked by Python last, when nothing else has found the package."""
        if name.split(".")[0] not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)  # type: ignore[arg-type] -- has both methods of a loader

    def create_module(self, spec: Any) -> Placeholder:
        """Makes the placeholder."""
        return Placeholder(spec.name)

    def exec_module(self, module: Any) -> None:
        """A placeholder has nothing to run."""
