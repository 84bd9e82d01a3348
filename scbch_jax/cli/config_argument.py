"""The commands whose first word is a config, which is the default of their options."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scbch_jax.cli.parsing import parse
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.errors import InputError, require


def parse_train(kind: Any, words: list[str]) -> Any:
    """The options of `train CONFIG`.

    Raises:
        InputError: if there is no config, or words are no options of its experiment.
    """
    program = "scbch train CONFIG"
    if not _has_config("train", words):
        return parse(kind, words, program=program)
    path = Path(words[0])
    default = kind(experiment=experiment_file.load(path), name=path.stem)
    return parse(kind, words[1:], program=program, default=default)


def parse_sweep(kind: Any, words: list[str]) -> Any:
    """The options of `sweep CONFIG`: those that are given are put in each experiment.

    Raises:
        InputError: if there is no config, or words are no options of an experiment.
    """
    program = "scbch sweep CONFIG"
    if not _has_config("sweep", words):
        return parse(kind, words, program=program)
    path, words = Path(words[0]), words[1:]
    first, *others = experiment_file.load_sweep(path)
    several_methods = len({e.method for e in (first, *others)}) > 1

    def with_options(experiment: Experiment) -> Any:
        try:
            return parse(kind, words, program=program, default=kind(experiment))
        except InputError as error:
            if not several_methods:
                raise
            what = str(error).split(";")[0]
            method = experiment.method
            raise InputError(f"{what}, in an experiment of method {method}") from error

    options = dataclasses.replace(with_options(first), name=path.stem)
    options_given = [w.split("=")[0] for w in words if w.startswith("--")]
    given = {w.lstrip("-").replace("-", "_") for w in options_given}
    if given - {field.name for field in dataclasses.fields(kind)}:
        others = [with_options(e).experiment for e in others]
    return dataclasses.replace(options, experiments=(options.experiment, *others))


def _has_config(command: str, words: list[str]) -> bool:
    if words and not words[0].startswith("-"):
        return True
    wanted = f"a file or a name such as smoke as the first word after {command}"
    require(bool({"-h", "--help"} & set(words)), "config", "none", wanted)
    return False


PARSERS: dict[str, Callable[[Any, list[str]], Any]] = {
    "train": parse_train,
    "sweep": parse_sweep,
}
"""By command."""
