"""Words of a command line to a command's options; what is wrong is said in one line.

tyro parses and prints help. Its messages are boxes of several lines, so its hook for
parse errors is used instead: it hands over what is wrong as an object. The
first word of `train` and `sweep` is a config, which is the default of their options.
"""

import contextlib
import dataclasses
import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import (
    Any,
    ClassVar,
    NoReturn,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import tyro
from tyro import _errors, _strings
from tyro._backends import _tyro_help_formatting

from scbch_jax.config import Experiment, experiment_file
from scbch_jax.config.constraints import Constraint
from scbch_jax.config.experiment import METHOD_OPTIONS, footnotes
from scbch_jax.errors import InputError, require

T = TypeVar("T")


class HelpPrinted(Exception):
    """The words asked for help, which was printed."""


def parse(
    kind: type[T],
    words: Sequence[str],
    *,
    program: str,
    default: T | None = None,
    notes: Sequence[str] = (),
) -> T:
    """Parses the options of a command.

    Args:
        kind: dataclass of the options.
        words: of the command line, after the name of the command.
        program: what stands before the words, for the help.
        default: options to start from.
        notes: paragraphs to add to the description in the help.

    Raises:
        InputError: for an unknown option, or a value that is missing or not accepted.
        HelpPrinted: if the words asked for help.
    """

    def stop(event: _errors.ParseErrorEvent) -> NoReturn:
        raise InputError(_message(event, kind, words, default)) from None

    # Of several methods' options, those of the default are offered.
    config = (tyro.conf.AvoidSubcommands, tyro.conf.PositionalMetavarFromFieldName)
    start: Any = tyro.MISSING_NONPROP if default is None else default
    try:
        with _errors.on_parse_error(stop), _plain_help():
            return tyro.cli(
                kind,
                prog=program,
                description="\n\n".join([inspect.getdoc(kind) or "", *notes]),
                args=words,
                config=config,
                default=start,
            )
    except SystemExit as end:
        if end.code:
            raise
        raise HelpPrinted from end


@contextlib.contextmanager
def _plain_help() -> Iterator[None]:
    """Replaces three parts of tyro's help that it has no setting for.

    It joins the lines of a docstring, but not those that are indented, as the lines of
    a field's docstring are: text would not wrap at the width of the terminal. It shows
    an optional path as `{None}|PATH`. It titles the group of `--options.hidden`
    "options options".
    """

    def join(text: str) -> str:
        return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))

    def join_types(metavars: Iterable[str]) -> str:
        kept = [name for name in metavars if name != "{None}"]
        return kept[0] if len(kept) == 1 else union(kept)

    def format_help(args: Sequence[Any], **others: Any) -> list[str]:
        return help_lines(args=[_titled(arg) for arg in args], **others)

    union, help_lines = _strings.join_union_metavars, _tyro_help_formatting.format_help
    with (
        _replaced(_strings, "remove_single_line_breaks", join),
        _replaced(_strings, "join_union_metavars", join_types),
        _replaced(_tyro_help_formatting, "format_help", format_help),
    ):
        yield


@contextlib.contextmanager
def _replaced(module: ModuleType, name: str, function: Any) -> Iterator[None]:
    """Replaces a function of a module for a while."""
    before = getattr(module, name)
    setattr(module, name, function)
    try:
        yield
    finally:
        setattr(module, name, before)


def _titled(arg: Any) -> Any:
    """An option in a group whose title is "method options" if it was "options options".

    tyro appends " options" to the prefix of a group.
    """
    if arg.source_parser.extern_prefix != "options":
        return arg
    group = dataclasses.replace(arg.source_parser, extern_prefix="method")
    return dataclasses.replace(arg, source_parser=group)


def suggest(word: str, known: Sequence[str]) -> str:
    """The names most similar to a word, as the end of a message about it.

    >>> suggest("--nose", ["--noise", "--seed"])
    '; did you mean --noise?'
    """
    group, last = f"{word}.", f".{word.lstrip('-')}"
    close = [x for x in known if x.startswith(group) or x.endswith(last)]
    close = close or difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {' or '.join(close[:3])}?" if close else ""


def option_names(kind: Any, default: Any = None) -> list[str]:
    """Every option of a command, as `--group.name`, in the order of declaration."""
    return [f"--{name.replace('_', '-')}" for name in _names(kind, default, "")]


def _names(kind: Any, default: Any, prefix: str) -> Iterator[str]:
    hints = get_type_hints(kind, include_extras=True)
    for name, hint in hints.items():
        marks = [getattr(mark, "name", mark) for mark in get_args(hint)[1:]]
        if get_origin(hint) is ClassVar:
            continue
        if tyro.conf.Suppress in marks or tyro.conf.Positional in marks:
            continue
        value = getattr(default, name, _default_of(kind, name))
        # An empty name puts the options of a group beside those of the command.
        inner = prefix if "" in marks else f"{prefix}{name}."
        if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
            yield from _names(type(value), value, inner)
        else:
            yield prefix + name


def _default_of(kind: Any, name: str) -> Any:
    for field in dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ():
        if field.name == name:
            factory = field.default_factory
            return field.default if factory is dataclasses.MISSING else factory()
    return None


def _message(
    event: _errors.ParseErrorEvent, kind: Any, words: Sequence[str], default: Any
) -> str:
    """What is wrong, in one line."""
    if isinstance(event, _errors.UnrecognizedArgs):
        word = event.tokens[0].split("=")[0]
        if not word.startswith("-"):
            return f"unexpected argument {word}"
        names = option_names(kind, default)
        hint = _methods_with(word) + suggest(word.replace("_", "-"), names)
        return f"unknown option {word}{hint or f' ({event.prog} --help lists all)'}"
    if isinstance(event, _errors.MissingArgs):
        missing = "; ".join(_missing(x.arg) for x in event.missing_arguments)
        return f"{missing} ({event.prog} --help lists the options)"
    argument = getattr(event, "argument", None)
    if argument is None:
        said = getattr(event, "message", "cannot be parsed")
        return " ".join(said.split())
    option = argument.display_name()
    if isinstance(event, _errors.BadValue):
        return f"{option}: got nothing, wanted {_wanted(argument)}"
    if isinstance(event, _errors.InvalidChoice):
        return f"{option}: got {event.value:.80}, wanted {_wanted(argument)}"
    got = _words_after(argument.lowered.name_or_flags, words) or "another value"
    return f"{option}: got {got:.80}, wanted {_wanted(argument)}"


def _methods_with(option: str) -> str:
    """The methods that have an option, as the end of a message that another has not.

    >>> _methods_with("--options.negatives")
    ', which is an option of method ucch'
    """
    group, _, name = option.lstrip("-").replace("-", "_").partition(".")
    kind = {"options": "Options", "hparams": "HParams"}.get(group, "")
    found = [
        method
        for method, declared in METHOD_OPTIONS.items()
        if name in getattr(getattr(declared, kind, None), "__annotations__", {})
    ]
    return f", which is an option of method {', '.join(found)}" if found else ""


def _missing(argument: Any) -> str:
    """That an option is required, and the first sentence of its help."""
    words = " ".join((argument.field.helptext() or "a value").split())
    wanted = words.split(". ")[0].removesuffix(".")
    if not wanted[1:2].isupper():
        wanted = wanted[0].lower() + wanted[1:]
    return f"{argument.display_name()}: got nothing, wanted {wanted}"


def _wanted(argument: Any) -> str:
    """What an option accepts, in words."""
    choices = [x for x in argument.lowered.choices or () if x != "None"]
    if choices:
        return f"one of {', '.join(choices)}"
    hint = argument.field.type
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Constraint):
            return mark.words
    kinds = {"INT": "a whole number", "FLOAT": "a number"}
    metavar = str(argument.lowered.metavar)
    return next((words for kind, words in kinds.items() if kind in metavar), "a value")


def _words_after(flags: Sequence[str], words: Sequence[str]) -> str:
    """What was given to an option."""
    given: list[str] = []
    found = False
    for word in words:
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            found = name.replace("_", "-") in flags
            given += [value] if found and equals else []
        elif found:
            given.append(word)
    return " ".join(given)


def parse_train(kind: Any, words: list[str]) -> Any:
    """The options of `train CONFIG`.

    Raises:
        InputError: if there is no config, or words are not options of its experiment.
    """
    program = "scbch train CONFIG"
    if not _has_config("train", words):
        return parse(kind, words, program=program)
    path = Path(words[0])
    experiment = experiment_file.load(path)
    return parse(
        kind,
        words[1:],
        program=program,
        default=kind(experiment=experiment, name=path.stem),
        notes=footnotes([experiment.method]),
    )


def parse_sweep(kind: Any, words: list[str]) -> Any:
    """The options of `sweep CONFIG`: those that are given are put in each experiment.

    Raises:
        InputError: if there is no config, or words are not options of an experiment.
    """
    program = "scbch sweep CONFIG"
    if not _has_config("sweep", words):
        return parse(kind, words, program=program)
    path, words = Path(words[0]), words[1:]
    first, *others = experiment_file.load_sweep(path)
    methods = dict.fromkeys(e.method for e in (first, *others))
    notes = footnotes(methods)

    def with_options(experiment: Experiment) -> Any:
        try:
            default = kind(experiment)
            return parse(kind, words, program=program, default=default, notes=notes)
        except InputError as error:
            if len(methods) == 1:
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
    wanted = f"a file, or a name such as smoke, as the first word after {command}"
    require(bool({"-h", "--help"} & set(words)), "config", "none", wanted)
    return False


PARSERS: dict[str, Callable[[Any, list[str]], Any]] = {
    "train": parse_train,
    "sweep": parse_sweep,
}
"""By command."""
