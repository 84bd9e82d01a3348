"""The command line: finds the command, parses its options, reports bad input in a line.

JAX is imported by the commands alone, so help and bad options are answered at once.
"""

import contextlib
import dataclasses
import importlib
import io
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tyro

from scbch_jax.cli.options.commands import COMMANDS
from scbch_jax.cli.options.run_commands import Sweep, Train
from scbch_jax.config import Experiment, experiment_file
from scbch_jax.errors import InputError, Interrupted, require

MODULES = {
    name: f"scbch_jax.cli.{name}.dispatch" for name in ("data", "features", "bench")
}
"""Commands that have commands of their own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the words after the program's name; by default the process's own.

    Returns:
        The exit code: 0, or 1 for a check that fails, 2 for input that cannot be used,
        130 when interrupted, 143 when asked to end.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if not words or words[0] in ("-h", "--help"):
            print(_overview())  # noqa: T201 -- this is the program's output
            return 0
        name = words[0]
        require(name in COMMANDS, "command", name, f"one of {', '.join(COMMANDS)}")
        options = parse(name, words[1:])
        command = importlib.import_module(MODULES.get(name, f"scbch_jax.cli.{name}"))
        code = command.main(options) or 0
        sys.stdout.flush()
        return code
    except InputError as error:
        return _complain(str(error))
    except BrokenPipeError:
        # Whoever read has enough; what is left must not complain at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _complain(f"files: got {error}, wanted room to write and leave to read")
    except Interrupted as error:
        print(f"scbch: stopped after {error}, saved", file=sys.stderr)  # noqa: T201
        return 143
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        # JAX's error type is not imported: this module answers before JAX is loaded.
        if not re.search("RESOURCE_EXHAUSTED|[Oo]ut of memory", str(error)):
            raise
        got = str(error).splitlines()[0]
        return _complain(
            f"memory: got {got}, wanted less: a smaller options.hidden or batch-size"
        )


def _complain(line: str) -> int:
    print(f"scbch: {line}", file=sys.stderr)  # noqa: T201
    return 2


def parse(name: str, words: list[str]) -> Any:
    """The options of a command.

    Raises:
        InputError: for words that are no options of it, or values that do not pass.
    """
    kind = COMMANDS[name]
    if kind is Sweep:
        return _parse_sweep(words)
    default = None
    if kind is Train:
        default, words = _train_default(words)
    return _ask(name, kind, words, default)


def _parse_sweep(words: list[str]) -> Sweep:
    """The sweep's experiments, each the default of the options that were given."""
    if not words or words[0].startswith("-"):
        _require_help("sweep", words)
        return _ask("sweep", Sweep, words, Sweep())
    path, words = Path(words[0]), words[1:]
    first, *others = experiment_file.load_sweep(path)
    alike = {e.method for e in others} <= {first.method}
    options = dataclasses.replace(_put_in(first, words, alike), name=path.stem)
    given = {w.split("=")[0].lstrip("-") for w in words if w.startswith("--")}
    if given - {field.name.replace("_", "-") for field in dataclasses.fields(Sweep)}:
        others = [_put_in(e, words, alike).experiment for e in others]
    return dataclasses.replace(options, experiments=(options.experiment, *others))


def _put_in(experiment: Experiment, words: list[str], alike: bool) -> Sweep:
    """The options given, with an experiment of the sweep as their default.

    Unless all have one method, a complaint names the one that lacks the option.
    """
    try:
        return _ask("sweep", Sweep, words, Sweep(experiment))
    except InputError as error:
        if alike:
            raise
        wanted = f"ones that {experiment.method} has too"
        raise InputError(str(error).replace("known ones", wanted)) from error


def _ask(name: str, kind: type, words: list[str], default: Any) -> Any:
    program = f"scbch {name}" + (" CONFIG" if kind in (Train, Sweep) else "")
    complaint = io.StringIO()
    try:
        with contextlib.redirect_stderr(complaint):
            # Of several methods' options, those that the config chose are offered.
            chosen = (tyro.conf.AvoidSubcommands,)
            return tyro.cli(
                kind, prog=program, args=words, default=default, config=chosen
            )
    except SystemExit as stop:
        if stop.code:
            said = _first_paragraph(complaint.getvalue())
            help_line = f"scbch {name} --help lists the options"
            raise InputError(f"{said} ({help_line})") from stop
        raise


def _train_default(words: list[str]) -> tuple[Train, list[str]]:
    """The config's experiment as default of all options, and the words left."""
    if words and not words[0].startswith("-"):
        path = Path(words[0])
        return Train(experiment=experiment_file.load(path), name=path.stem), words[1:]
    _require_help("train", words)
    return Train(), words


def _require_help(name: str, words: list[str]) -> None:
    wanted = f"the path of a config as the first word after {name}"
    require(bool({"-h", "--help"} & set(words)), "config", "none", wanted)


def _overview() -> str:
    lines = ["usage: scbch COMMAND [options]", "", "commands:"]
    for name, kind in COMMANDS.items():
        lines.append(f"  {name:<12}{(kind.__doc__ or '').splitlines()[0]}")
    return "\n".join([*lines, "", "scbch COMMAND --help lists a command's options."])


def _first_paragraph(box: str) -> str:
    """What tyro says before its first rule, without the frame, in one line."""
    said: list[str] = []
    for line in box.splitlines()[1:]:
        text = line.strip("│╭╮╰╯ \t")
        if set(text) <= {"─", "-"}:
            if said:
                break
        else:
            said.append(text)
    line = re.sub(r"^Error parsing ([\w.]+: |--)", "", " ".join(said))
    for pattern, words in _TYRO_SAYS.items():
        line = re.sub(pattern, words, line)
    return line


_TYRO_SAYS = {
    r"^Unrecognized options: ([^,]*)(, .*)?$": r"options: got \1, wanted known ones",
    r"^\w+ or misplaced options: (\S+).*": r"options: got \1, wanted known ones",
    r"^(\S+): invalid literal for .*: '(.*)'": r"\1: got \2, wanted a whole number",
    r"^(\S+): could not convert .*: '(.*)'": r"\1: got \2, wanted a number",
    r"invalid choice '(.*)' for argument '(.*)'\. Expected": r"\2: got \1, wanted",
    r"Missing value for argument '(.*)'\..*?\.": r"\1: got nothing, wanted a value",
}
"""The parser's sentences, said as everything else is."""


if __name__ == "__main__":
    sys.exit(main())
