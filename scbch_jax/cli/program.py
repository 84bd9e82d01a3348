"""The command line: finds the command, runs it, and reports what is wrong in one line.

A command is a module with a dataclass of options, the first line of whose docstring is
the command's help, and `main(options) -> int | None`. The module imports no large
package, so that help and errors appear at once; `main` imports what it needs. A new
command is its module and a line of `COMMANDS`.
"""

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Any

from scbch_jax import __version__, allocation, compiled
from scbch_jax.cli import console, parsing
from scbch_jax.errors import InputError, Interrupted, first_line, require
from scbch_jax.io import reason

COMMANDS = {
    "train": "train:Train",
    "sweep": "sweep:Sweep",
    "evaluate": "evaluate:Evaluate",
    "compare": "compare:Compare",
    "report": "report:Report",
    "encode": "encode:Encode",
    "index build": "index.build:IndexBuild",
    "index add": "index.add:IndexAdd",
    "index remove": "index.remove:IndexRemove",
    "index info": "index.info:IndexInfo",
    "index verify": "index.verify:IndexVerify",
    "index compact": "index.compact:IndexCompact",
    "index copy": "index.copy:IndexCopy",
    "index engine": "index.engine:IndexEngine",
    "search": "search:Search",
    "serve": "serve:Serve",
    "demo": "demo:Demo",
    "data show": "data.show:ShowData",
    "data inspect": "data.inspect:InspectData",
    "data import": "data.import_:ImportData",
    "data build": "data.build:BuildData",
    "data draw": "data.draw:DrawData",
    "data verify": "data.verify:VerifyData",
    "data tfds": "data.tfds:TfdsData",
    "data captions": "data.captions:CaptionsData",
    "data noise": "data.noise:NoiseData",
    "data clean": "data.clean:CleanData",
    "data correct": "data.correct:CorrectData",
    "features images": "features.images:FeaturesImages",
    "features texts": "features.texts:FeaturesTexts",
    "features all": "features.all:FeaturesAll",
    "crosscheck": "crosscheck:Crosscheck",
    "convert": "convert:Convert",
    "bench all": "bench.all:BenchAll",
    "bench evaluate": "bench.evaluate:BenchEvaluate",
    "bench lanes": "bench.lanes:BenchLanes",
    "bench neighbors": "bench.neighbors:BenchNeighbors",
    "bench roofline": "bench.roofline:BenchRoofline",
    "bench search": "bench.search:BenchSearch",
    "bench serve": "bench.serve:BenchServe",
    "bench train": "bench.train:BenchTrain",
}
"""Module in this package, and class of the options, by the command's words."""

CACHE_OPTION = "--compilation-cache"
"""Before the command: where compiled programs are kept; see `compiled`."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the words after the program's name; by default the process's own.

    Returns:
        The exit code: 0; 1 for a check that fails; 2 for input that cannot be used;
        130 after an interrupt; 141 if nothing reads the output; 143 after SIGTERM.
    """
    allocation.collect_seldom()
    _prepare_streams()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except InputError as error:
        return _complain(str(error))
    except BrokenPipeError:
        _discard_output()
        return 141
    except OSError as error:
        _discard_output()
        prefix = f"{error.filename}: " if error.filename else "input or output failed: "
        return _complain(f"{prefix}{reason(error)}")
    except Interrupted as error:
        console.log(f"scbch: stopped after {error}, saved")
        return 143
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not _is_lack_of_memory(error):
            raise
        what = first_line(error)
        return _complain(
            f"not enough memory ({what}); smaller sizes need less, such as "
            "--options.hidden or --training.batch-size of a training"
        )


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        console.output(overview())
        return 0
    if words[0] == "--version":
        console.output(f"scbch_jax {__version__}")
        return 0
    compiled.keep_programs(_given_cache(words))
    name = next((n for n in (" ".join(words[:2]), words[0]) if n in COMMANDS), "")
    if not name:
        return _without_command(words)
    try:
        options = parse(name, words[len(name.split()) :])
    except parsing.HelpPrinted:
        return 0
    module, _ = _module_and_class(name)
    return module.main(options) or 0


def _given_cache(words: list[str]) -> str | None:
    """Takes the option of all commands, which stands before the command."""
    if not words[0].startswith(CACHE_OPTION):
        return None
    option, _, value = words.pop(0).partition("=")
    require(
        option == CACHE_OPTION, "option", option, f"{CACHE_OPTION} before a command"
    )
    value = value or (words.pop(0) if words else "")
    require(
        bool(value and words), CACHE_OPTION, value, "a folder or off, and a command"
    )
    return value


def parse(name: str, words: list[str]) -> Any:
    """The options of a command.

    Raises:
        InputError: for words that are not options of it, or values that do not pass.
        HelpPrinted: if the words asked for help.
    """
    _, kind = _module_and_class(name)
    if name in parsing.PARSERS:
        return parsing.PARSERS[name](kind, words)
    return parsing.parse(kind, words, program=f"scbch {name}")


def overview(group: str = "") -> str:
    """The commands, or those of a group, each with the first line of its help."""
    program = f"scbch {group}".strip()
    before = "" if group else f" [{CACHE_OPTION} FOLDER|off]"
    lines = [f"usage: {program}{before} COMMAND [options]", "", "commands:"]
    for name in _names_in(group) if group else COMMANDS:
        _, kind = _module_and_class(name)
        summary = (kind.__doc__ or "").splitlines()[0]
        lines.append(f"  {name.removeprefix(f'{group} '):<18}{summary}")
    return "\n".join(
        [*lines, "", f"{program} COMMAND --help lists the options of a command."]
    )


def _without_command(words: list[str]) -> int:
    """Prints the commands of a group, or says that there is no such command."""
    group = words[0]
    groups = {name.split()[0] for name in COMMANDS if " " in name}
    if group not in groups:
        known = {name.split()[0] for name in COMMANDS}
        hint = parsing.suggest(group, sorted(known)) or " (scbch --help lists all)"
        raise InputError(f"unknown command {group}{hint}")
    if {"-h", "--help"} & set(words):
        console.output(overview(group))
        return 0
    got = " ".join(words[1:2]) or "nothing"
    wanted = ", ".join(name.split()[1] for name in _names_in(group))
    raise InputError(f"command of {group}: got {got}, wanted one of {wanted}")


def _names_in(group: str) -> list[str]:
    return [name for name in COMMANDS if name.startswith(f"{group} ")]


def _module_and_class(name: str) -> tuple[Any, type]:
    path, kind = COMMANDS[name].split(":")
    module = importlib.import_module(f"scbch_jax.cli.{path}")
    return module, getattr(module, kind)


def _complain(line: str) -> int:
    # What is given is repeated in messages: its line breaks and controls are escaped.
    shown = "".join(x if x.isprintable() else repr(x)[1:-1] for x in line.strip())
    print(f"scbch: {shown}", file=sys.stderr)  # noqa: T201
    return 2


def _is_lack_of_memory(error: Exception) -> bool:
    # JAX's error type is not imported: this module works without JAX. NumPy
    # raises a ValueError for sizes that no memory has.
    messages = (
        "RESOURCE_EXHAUSTED",
        "ut of memory",
        "array is too big",
        "allowed dimens",
    )
    return isinstance(error, MemoryError) or any(
        part in str(error) for part in messages
    )


def _prepare_streams() -> None:
    """Makes sure that output never fails for what it says or for a closed stream."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # The number of a closed stream would go to the next file that is opened,
            # and what is printed would end up in that file.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without UTF-8 gets \xb5 for a character that it lacks.
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Lets Python's flush at the exit succeed where standard output cannot be written.

    Otherwise it would print an error of its own and end with code 120.
    """
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
