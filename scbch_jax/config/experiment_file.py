"""Experiments as files: config programs, and the saved options of a run.

Saved options are a flat JSON object whose keys are the names of the command line's
options (`"noise.rate": 0.5`), so that they can be read, compared and passed back in.
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
from scbch_jax.config.experiment import METHOD_OPTIONS
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record

_PACKAGE = Path(__file__).parents[1]
_INSTALLED = _PACKAGE / "configs"
SHIPPED = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "configs"
"""Configs of this package: inside it if installed, beside it in a checkout."""

RENAMED = {
    "hparams.age": "hparams.pace_threshold",
    "hparams.extra_weight": "hparams.given_weight",
    "hparams.missing_weight": "hparams.absent_weight",
    "options.missing": "options.missing_rate",
    "options.pairs": "options.pair_loss",
    "options.plain_share": "options.cosine_weight",
    "options.separate_from": "options.selection_start_epoch",
    "options.wrong": "options.wrong_rate",
    "data.planted.silence": "data.planted.word_dropout",
    "data.scenes.blur": "data.scenes.nuisance",
    "data.scenes.silence": "data.scenes.word_dropout",
}
"""Options by their names in earlier versions, for the runs that were saved then."""

RENAMED_VALUES = {
    "noise.kind": {"confuse": "class-dependent", "mistake": "instance-dependent"},
    "options.drop": {"weights": "row-weights"},
    "options.learning_rate_rule": {"released": "official"},
    "options.mutual": {"released": "official"},
    "options.ranking": {"rows_twice": "official", "both_ways": "bidirectional"},
}
"""Values of options by their names in earlier versions, likewise."""


def load(path: str | Path) -> Experiment:
    """Reads an experiment from a config program (`.py`) or saved options (`.json`).

    A name without an ending, such as "smoke", is that of a config of this package.
    Programs are executed, as any program named on a command line; JSON is only read.

    Raises:
        InputError: if the file is missing, of another kind, or holds no experiment.
    """
    path = _find(Path(path), SHIPPED, "config", ".py", ".json")
    if path.suffix == ".json":
        return restore(io.read_object(path, "config", "a JSON object of options"))
    (experiment,) = _run_program(path, "config", lambda found: [found])
    return experiment


def load_sweep(path: str | Path) -> list[Experiment]:
    """Reads the experiments of a sweep program; it is executed, as a config is.

    A name without an ending, such as "smoke", is that of a sweep of this package.

    Raises:
        InputError: if the file is missing, of another kind, or gives no experiments.
    """
    path = _find(Path(path), SHIPPED / "sweeps", "sweep", ".py")
    experiments = _run_program(path, "sweep", list)
    require(bool(experiments), "sweep", f"{path} without any", "Experiments to run")
    return experiments


def _find(path: Path, shipped: Path, kind: str, *suffixes: str) -> Path:
    """The file of a config: a path, or the name of one in the folder `shipped`."""
    names = sorted(program.stem for program in shipped.glob("*.py"))
    if path.name in names and path.name == str(path):
        return shipped / f"{path}.py"
    wanted = f"a {' or '.join(suffixes)} file, or one of {', '.join(names)}"
    require(path.suffix in suffixes, kind, path, wanted)
    require(path.is_file(), kind, path, "a file that exists")
    return path


def _run_program(
    path: Path, kind: str, unpack: Callable[[Any], list[Any]]
) -> list[Experiment]:
    """Calls get_KIND(); a generator's errors are raised while it is unpacked."""
    function = f"get_{kind}"
    try:
        program = runpy.run_path(str(path))
        require(function in program, kind, path, f"a function {function}()")
        experiments = unpack(program[function]())
    except (InputError, KeyboardInterrupt):
        raise
    except BaseException as error:
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


def flatten(options: Any, prefix: str = "") -> Record:
    """Names every option as the command line does.

    >>> flatten(Experiment())["noise.rate"]
    0.5
    """
    flat = {}
    for name in _field_names(options):
        value = getattr(options, name)
        if _field_names(value):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = list(value) if isinstance(value, tuple) else value
    return flat


def restore(record: Record) -> Experiment:
    """Builds the experiment that `flatten` named; options left out keep their default.

    Names and values of earlier versions are understood.

    Raises:
        InputError: for an unknown option or method, or a value of another type than the
            default.
    """
    method = record.get("method", Experiment().method)
    require(
        method in (*METHOD_OPTIONS,),
        "method",
        method,
        f"one of {', '.join(METHOD_OPTIONS)}",
    )
    experiment, left = _fill(defaults_of(method), translate(record), "")
    require(not left, "config", ", ".join(sorted(left)), "known options only")
    return experiment


def translate(record: Record) -> Record:
    """Saved options with the names and values of this version.

    >>> translate({"data.planted.silence": 0.5, "options.drop": ["weights"]})
    {'data.planted.word_dropout': 0.5, 'options.drop': ['row-weights']}
    """
    record = {RENAMED.get(name, name): value for name, value in record.items()}
    for name, renamed in RENAMED_VALUES.items():
        if isinstance(value := record.get(name), str):
            record[name] = renamed.get(value, value)
        elif isinstance(value, list):
            record[name] = [renamed.get(each, each) for each in map(str, value)]
    return record


def save(experiment: Experiment, path: Path) -> None:
    """Writes all options of an experiment, atomically."""
    io.write_json(path, flatten(experiment))


def digest(experiment: Experiment, *, data: str = "") -> str:
    """Eight hex digits that name a configuration.

    Only options that differ from the defaults of their method count, so that an option
    that a later version adds changes no name. `data.root` does not count: a benchmark
    is the same wherever its files are.

    Args:
        experiment: what to name.
        data: identifies the data where `data.name` does not: the checksum of a
            store.
    """
    options, defaults = flatten(experiment), flatten(defaults_of(experiment.method))
    changed = {
        name: value
        for name, value in options.items()
        if name == "method" or (name != "data.root" and value != defaults[name])
    }
    if data:
        changed["data"] = data
    return _hash(dict(sorted(changed.items())))


def digest_of_saved(record: Record) -> str:
    """Eight hex digits of options as they are in a file, of any version.

    A run records the digest of its options, so that edits are detected.
    """
    return _hash({k: v for k, v in record.items() if k != "data.root"})


def difference(new: Experiment, old: Experiment) -> list[str]:
    """Options in which two experiments differ, as `name: old -> new`."""
    left, right = flatten(old), flatten(new)
    names = sorted(left.keys() | right.keys())
    return [
        f"{name}: {left.get(name)} -> {right.get(name)}"
        for name in names
        if left.get(name) != right.get(name)
    ]


def _hash(record: Record) -> str:
    return hashlib.sha256(json.dumps(record).encode()).hexdigest()[:8]


def _field_names(options: Any) -> tuple[str, ...]:
    if is_dataclass(options):
        return tuple(field.name for field in fields(options))
    return getattr(options, "_fields", ())


def _fill(default: Any, record: Record, prefix: str) -> tuple[Any, set[str]]:
    """The default with the record's values, and the names that were not used."""
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
    if old is None:
        # An optional number.
        return None if new is None else _as_type_of(0.0, new, name)
    if isinstance(old, tuple) and isinstance(new, list):
        return tuple(new)
    if isinstance(old, float) and isinstance(new, int) and not isinstance(new, bool):
        try:
            return float(new)
        except OverflowError as error:
            raise InputError(f"{name}: got {new!r:.20}..., wanted a number") from error
    fits, wanted = type(new) is type(old), _KINDS.get(type(old), "another kind")
    require(fits, name, f"{new!r:.80}", wanted)
    return new


_KINDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    tuple: "a list",
}
"""Kinds of values in words."""
