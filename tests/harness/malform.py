"""Malformed calls: wrong words, values of every kind, and outputs in the way.

A case is a label and a function that prepares the working folder and gives the words.
Cases of damaged inputs are in `damage.py`. A NUL byte is in no word, since no program
can be started with one.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

LONG = "9" * 5000
"""More digits than Python makes a number of."""

SURROGATE = "\udcff"
"""What a byte that is no UTF-8 becomes in a word of the command line."""

VALUES = {
    "INT": (
        *("x", "", " ", "1.5", "-1", "0", "nan", "1e3", "0x10", "None", "1,2", "٣"),
        *("2147483648", "9223372036854775808", "9" * 20, LONG, SURROGATE, "1 2", "--"),
    ),
    "FLOAT": (
        *("x", "", "nan", "inf", "-inf", "1e999", "-1", "1,5", "0", "1e-320", "1/2"),
        *(LONG, SURROGATE, "0x1p3", "None", "--"),
    ),
    "CHOICE": ("", "nosuch", " ", "SCBCH", SURROGATE, "0", "a" * 300, "none none"),
    "PATH": (
        *("", ".", "no/such/place", "a" * 300, SURROGATE, "new\nline", "/proc/no/out"),
        *("~nobody/out", "a/../../b", "back\\slash", "-", "x.npz/", "\u202eodd", "CON"),
    ),
    "STR": ("", " ", "nosuch", "=", "a=b=c", SURROGATE, "a" * 300, "../..", "\n", LONG),
    "FLAG": ("maybe", "1", "", "True", SURROGATE),
}
"""Values that most options of a kind cannot have. Some can: those are to be used."""


class Case(NamedTuple):
    """A malformed input."""

    label: str
    prepare: Callable[[Path], list[str]]
    """Makes what is needed in the working folder; gives the words of the call."""


class Option(NamedTuple):
    """An option as `--help` shows it."""

    name: str
    kind: str


def options_of(said: str) -> list[Option]:
    """All options in what `--help` says."""
    found = re.findall(r"│ (--[a-z][\w.-]*)(,? ?[^│\n]*)", said)
    return [Option(name, _kind(rest.strip())) for name, rest in found]


def _kind(rest: str) -> str:
    for kind in ("INT", "FLOAT", "PATH", "STR"):
        if re.match(rf"(\[?\{{None\}}\|)?\[?{kind}\b", rest):
            return kind
    return "CHOICE" if rest.startswith(("{", "[{")) else "FLAG"


def wrong_values(words: list[str], options: list[Option]) -> Iterator[Case]:
    """Every option with every wrong value of its kind."""
    for option in options:
        for value in VALUES[option.kind]:
            shown = value if len(value) < 40 else f"{value[:9]}… {len(value)} long"
            new = [*_without(words, option.name), f"{option.name}={value}"]
            label = f"{option.name}={shown!r}"
            yield Case(label, lambda folder, new=new: new)


def _without(words: list[str], option: str) -> list[str]:
    """The call without an option and its value."""
    if option not in words:
        return words
    at = words.index(option)
    end = at + 1
    while end < len(words) and not words[end].startswith("--"):
        end += 1
    return words[:at] + words[end:]


def wrong_words(words: list[str], first: int) -> Iterator[Case]:
    """Calls that lack words, or have too many, or others.

    Args:
        words: a valid call.
        first: how many of its words name the command.
    """
    for label, new in _word_lists(words, first):
        yield Case(label, lambda folder, new=new: new)


def _word_lists(words: list[str], first: int) -> Iterator[tuple[str, list[str]]]:
    for i, word in enumerate(words):
        rest = words[i + 1 :]
        yield f"without word {i}", [*words[:i], *rest]
        yield f"word {i} twice", [*words[: i + 1], word, *rest]
        yield f"word {i} empty", [*words[:i], "", *rest]
        if len(word) < 40:
            yield f"word {i} misspelled", [*words[:i], word[:-1] + "q", *rest]
            if word.upper() != word:
                yield f"word {i} in capitals", [*words[:i], word.upper(), *rest]
            yield f"word {i} with a surrogate", [*words[:i], word + SURROGATE, *rest]
    for more in ("--nosuch", "--nosuch=1", "-x", "--", "-", "--=", "=", "extra", ""):
        yield f"and {more!r}", [*words, more]
        yield f"{more!r} before its options", [*words[:first], more, *words[first:]]
    yield "cut short", words[: len(words) // 2]
    yield "backward", words[:first] + words[first:][::-1]
    yield "a word of 100,000 letters", [*words, "a" * 100_000]
    yield "1,000 words more", [*words, *["a"] * 1000]
    yield "@ and a file", [*words, "@arguments"]
    yield "right to left, and colors", [*words, "\u202e--tuo", "\x1b[31mred"]
    yield "nothing but the command", words[:first]


def wrong_outputs(
    words: list[str], first: int, writes: tuple[str, ...]
) -> Iterator[Case]:
    """Something else where an output goes, or no place for it.

    Args:
        words: a valid call.
        first: how many of its words name the command.
        writes: its outputs; those that the call does not name are passed over.
    """
    for output in writes:
        if output not in words[first:]:
            continue
        for label, place in _IN_THE_WAY.items():
            yield Case(
                f"{output}: {label}",
                lambda folder, place=place, output=output: _put(
                    folder, place, words, output
                ),
            )
        for label, name in _named(output).items():
            rest = [name if word == output else word for word in words[first:]]
            new = [*words[:first], *rest]
            yield Case(f"{output}: {label}", lambda folder, new=new: new)


def _put(folder: Path, place: Callable, words: list[str], output: str) -> list[str]:
    place(folder / output)
    return words


def _folder_with_files(path: Path) -> None:
    path.mkdir()
    (path / "letter.txt").write_text("dear")


def _link_to_a_file(path: Path) -> None:
    path.with_name("mine").write_text("mine")
    path.symlink_to("mine")


_IN_THE_WAY: dict[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("mine"),
    "an empty file": Path.touch,
    "an empty folder": Path.mkdir,
    "a folder with files": _folder_with_files,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to a file": _link_to_a_file,
    "a pipe": os.mkfifo,
    "a file where its temporary file may go": lambda path: path.with_name(
        f"{path.stem}.tmp{path.suffix}"
    ).write_text("mine"),
    "a folder where its temporary file may go": lambda path: path.with_name(
        f"{path.name}.tmp"
    ).mkdir(),
}


def _named(output: str) -> dict[str, str]:
    return {
        "in a folder that is missing": f"no/such/{output}",
        "on no disk": f"/proc/scbch/{output}",
        "longer than a name may be": "a" * 300 + output,
        "in a file": f"/proc/self/status/{output}",
        "with a surrogate": SURROGATE + output,
        "with a line break": f"a\n{output}",
        "of another kind": f"{output}.xyz",
        "with a slash at the end": f"{output}/",
        "above": f"../work/../work/{output}",
    }
