"""Experiments on disk: configs that are short programs, and the exact record of a run.

A record is a flat JSON object whose keys are the names of the command line's options
(`"noise.rate": 0.5`), so that it can be read, compared and passed back in.
"""

import hashlib
import json
import runpy
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from scbch_jax import io
from scbch_jax.config import Experiment, defaults_of
from scbch_jax.config.experiment import DECLARED
from scbch_jax.errors import InputError, require

RENAMED = {
    "data.planted.silence": "data.planted.word_dropout",
    "data.scenes.blur": "data.scenes.nuisance",
    "data.scenes.silence": "data.scenes.word_dropout",
}
"""Options by their names in earlier versions, for the runs that were saved then."""


def load(path: str | Path) -> Experiment:
    """Reads an experiment from a config program (`.py`) or a saved record (`.json`).

    A program is run, as any program named on a command line; a record is only read.

    Raises:
        InputError: if the file is missing, of another kind, or holds no experiment.
    """
    path = Path(path)
    require(path.suffix in (".py", ".json"), "config", path, "a .py or .json file")
    require(path.is_file(), "config", path, "a file that exists")
    if path.suffix == ".json":
        return _read_record(path)
    (experiment,) = _run_program(path, "config", lambda found: [found])
    return experiment


def load_sweep(path: str | Path) -> list[Experiment]:
    """Reads the experiments of a sweep program; it is run, as a config is.

    Raises:
        InputError: if the file is missing, of another kind, or gives no experiments.
    """
    path = Path(path)
    require(path.suffix == ".py", "sweep", path, "a .py file")
    require(path.is_file(), "sweep", path, "a file that exists")
    experiments = _run_program(path, "sweep", list)
    require(bool(experiments), "sweep", f"{path} without any", "Experiments to run")
    return experiments


def _run_program(
    path: Path, kind: str, unpack: Callable[[Any], list[Any]]
) -> list[Experiment]:
    """What get_KIND() gives; a generator's errors are raised while it is unpacked."""
    function = f"get_{kind}"
    try:
        program = runpy.run_path(str(path))
        require(function in program, kind, path, f"a function {function}()")
        experiments = unpack(program[function]())
    except InputError:
        raise
    except Exception as error:
        reason = (str(error) or "no message").splitlines()[0]
        came = f"{path}, which stopped with {type(error).__name__}: {reason}"
        raise InputError(f"{kind}: got {came}, wanted a program that runs") from error
    for experiment in experiments:
        require(
            isinstance(experiment, Experiment),
            kind,
            f"a {type(experiment).__name__} from {function}() in {path}",
            "an Experiment",
        )
    return experiments


def _read_record(path: Path) -> Experiment:
    try:
        record = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"config: got {path} ({error}), wanted JSON") from error
    require(isinstance(record, dict), "config", path, "a JSON object of options")
    return restore(record)


def flatten(settings: Any, prefix: str = "") -> dict[str, Any]:
    """Names every option of a settings object as the command line does.

    >>> flatten(Experiment())["noise.rate"]
    0.5
    """
    flat = {}
    for name in _field_names(settings):
        value = getattr(settings, name)
        if _field_names(value):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = list(value) if isinstance(value, tuple) else value
    return flat


def restore(record: dict[str, Any]) -> Experiment:
    """Builds the experiment that `flatten` named; options left out keep their default.

    Raises:
        InputError: for an unknown option or method, or a value of another type than the
            default.
    """
    method = record.get("method", Experiment().method)
    require(method in (*DECLARED,), "method", method, f"one of {', '.join(DECLARED)}")
    record = {RENAMED.get(name, name): value for name, value in record.items()}
    experiment, left = _fill(defaults_of(method), record, "")
    require(not left, "config", ", ".join(sorted(left)), "known options only")
    return experiment


def save(experiment: Experiment, path: Path) -> None:
    """Writes the record of an experiment, whole or not at all."""
    io.write_text(path, json.dumps(flatten(experiment), indent=2) + "\n")


def digest(experiment: Experiment) -> str:
    """Eight letters that tell configurations apart; a moved data root is no change."""
    return digest_of_record(flatten(experiment))


def digest_of_record(record: dict[str, Any]) -> str:
    """The digest of a record as it was written, by a version with other options too."""
    kept = {k: v for k, v in record.items() if k != "data.root"}
    return hashlib.sha256(json.dumps(kept).encode()).hexdigest()[:8]


def difference(ours: Experiment, theirs: Experiment) -> list[str]:
    """Options in which two experiments differ, as `name: theirs -> ours`."""
    left, right = flatten(theirs), flatten(ours)
    names = sorted(left.keys() | right.keys())
    return [
        f"{name}: {left.get(name)} -> {right.get(name)}"
        for name in names
        if left.get(name) != right.get(name)
    ]


def _field_names(settings: Any) -> tuple[str, ...]:
    if is_dataclass(settings):
        return tuple(field.name for field in fields(settings))
    return getattr(settings, "_fields", ())


def _fill(default: Any, record: dict[str, Any], prefix: str) -> tuple[Any, set[str]]:
    """The default with the record's values in place, and the names not used."""
    left = {name for name in record if name.startswith(prefix)}
    values = {}
    for name in _field_names(default):
        old, key = getattr(default, name), prefix + name
        if _field_names(old):
            values[name], unused = _fill(old, record, key + ".")
            left -= {n for n in left if n.startswith(key + ".")} - unused
        elif key in record:
            values[name] = _as_type_of(old, record[key], key)
            left.discard(key)
        else:
            values[name] = old
    return type(default)(**values), left


def _as_type_of(old: Any, new: Any, name: str) -> Any:
    if isinstance(old, tuple) and isinstance(new, list):
        return tuple(new)
    if isinstance(old, float) and isinstance(new, int) and not isinstance(new, bool):
        return float(new)
    require(type(new) is type(old), name, repr(new), f"a {type(old).__name__}")
    return new
