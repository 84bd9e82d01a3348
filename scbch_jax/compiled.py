"""Compiled programs that are kept between processes.

A small run takes longer to compile than to train. JAX can keep what XLA compiled in a
folder, its persistent compilation cache; `keep_programs` chooses that folder, unless
the user has set JAX's own options, and keeps it small.
"""

import hashlib
import os
import platform
import sys
from pathlib import Path
from typing import Any

from scbch_jax.errors import require

VARIABLE = "SCBCH_COMPILATION_CACHE"
"""Environment variable with a folder, or "off"."""

SHORTEST = "jax_persistent_cache_min_compile_time_secs"
"""Option of JAX: seconds of compilation from which a program is kept."""

MAX_BYTES = 1 << 30
"""Above this, the least recently read programs of a folder are removed."""


def keep_programs(place: str | None = None) -> None:
    """Lets JAX read and write compiled programs in a folder; costs no import of JAX.

    Does nothing where JAX's own option names a folder already. A folder that cannot be
    written, or that somebody else could write, is not used: a program that is read from
    it is run.

    Args:
        place: a folder, or "off"; by default the environment variable
            SCBCH_COMPILATION_CACHE, or a folder in the user's cache folder.

    Raises:
        InputError: if the given folder cannot be used.
    """
    given = place or os.environ.get(VARIABLE)
    if place:
        # For calls without a place, and for processes that this one starts.
        os.environ[VARIABLE] = place
    if place == "off":
        _set({"jax_enable_compilation_cache": False})
    if given == "off" or (not place and _is_chosen()):
        return
    folder = (Path(given).absolute() if given else _user_folder()) / _machine()
    usable = _make_private(folder)
    name = "compilation_cache" if place else VARIABLE
    require(usable or not given, name, given, "a folder that only you can write")
    if usable:
        prune(folder)
        _use(folder)


def prune(folder: Path, max_bytes: int = MAX_BYTES) -> None:
    """Removes the least recently read programs, down to a number of bytes."""
    found = []
    for entry in os.scandir(folder):
        try:
            found.append((entry.stat().st_atime, entry.stat().st_size, entry.path))
        except FileNotFoundError:  # Another process has removed it.
            continue
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= max_bytes:
            break
        Path(path).unlink(missing_ok=True)
        total -= size


def _is_chosen() -> bool:
    if jax := sys.modules.get("jax"):
        return bool(jax.config.jax_compilation_cache_dir)
    return "JAX_COMPILATION_CACHE_DIR" in os.environ


def _user_folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "scbch_jax" / "compiled"


def _machine() -> str:
    """Names the processor: a home folder may be shared by machines that differ."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next(x for x in lines if x.startswith(("flags", "Features")))
    except (OSError, StopIteration):
        features = platform.processor()
    digest = hashlib.sha256(features.encode()).hexdigest()[:8]
    return f"{platform.system()}-{platform.machine()}-{digest}".lower()


def _make_private(folder: Path) -> bool:
    """Whether the folder exists now, can be written, and by nobody else."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError:
        return False
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    return mine and not found.st_mode & 0o022 and os.access(folder, os.W_OK)


def _use(folder: Path) -> None:
    options: dict[str, Any] = {"jax_compilation_cache_dir": str(folder)}
    if SHORTEST.upper() not in os.environ:
        options[SHORTEST] = 0
    _set(options)


def _set(options: dict[str, Any]) -> None:
    """By environment variables before JAX is imported, by its options afterward."""
    if "jax" not in sys.modules:
        os.environ.update({k.upper(): str(value) for k, value in options.items()})
        return
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    for name, value in options.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()  # The first program has settled its choice.
