"""Damaged JSON, CSV and Python files, and plain texts."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from conftest import ROOT

DEEP = "[" * 100_000 + "]" * 100_000
DIGITS = "9" * 5000

WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "below zero": -1,
    "a fraction": 0.5,
    "huge": 10**30,
    "infinite": float("inf"),
    "no number": float("nan"),
    "an empty text": "",
    "a text": "x",
    "a NUL": "a\0b",
    "a lone surrogate": "\ud800",
    "a line separator": "a\u2028b",
    "a path upward": "../../../etc/hostname",
    "an absolute path": "/etc/hostname",
    "an empty list": [],
    "a list": [1, "x", None],
    "an object": {"x": 1},
}
"""Values to put where another was."""


def _places(value: Any, at: tuple = ()) -> list[tuple]:
    """Where in a JSON value something can be replaced."""
    if not isinstance(value, dict | list):
        return [at]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [at, *(place for key, x in inner for place in _places(x, (*at, key)))]


def _with(value: Any, at: tuple, new: Any) -> Any:
    if not at:
        return new
    changed = copy.copy(value)
    changed[at[0]] = _with(value[at[0]], at[1:], new)
    return changed


def _any_place(rng: np.random.Generator, value: Any) -> tuple:
    """Any place; in a list of objects, more often deep than not."""
    places = _places(value)
    return places[rng.integers(len(places))]


def _json(new: Any) -> Callable:
    def damage(rng: np.random.Generator, path: Path) -> None:
        value = json.loads(path.read_text())
        path.write_text(json.dumps(_with(value, _any_place(rng, value), new)))

    return damage


def _json_line(new: Any) -> Callable:
    def damage(rng: np.random.Generator, path: Path) -> None:
        lines = path.read_text().splitlines()
        at = rng.integers(len(lines))
        value = json.loads(lines[at])
        lines[at] = json.dumps(_with(value, _any_place(rng, value), new))
        path.write_text("\n".join(lines) + "\n")

    return damage


def _raw(text: str) -> Callable:
    """Puts what json would not write in the place of one value."""

    def damage(rng: np.random.Generator, path: Path) -> None:
        lines = path.read_text().splitlines()
        mark = "\u0001mark"
        whole = path.suffix == ".json"
        at = 0 if whole else rng.integers(len(lines))
        value = json.loads("\n".join(lines) if whole else lines[at])
        marked = json.dumps(_with(value, _any_place(rng, value), mark))
        new = marked.replace(json.dumps(mark), text)
        path.write_text(new if whole else "\n".join([*lines[:at], new, *lines[at:]]))

    return damage


def _key_lost(rng: np.random.Generator, path: Path) -> None:
    lines = path.read_text().splitlines()
    whole = path.suffix == ".json"
    at = 0 if whole else rng.integers(len(lines))
    value = json.loads("\n".join(lines) if whole else lines[at])
    if isinstance(value, dict) and value:
        value.pop(sorted(value)[rng.integers(len(value))])
    new = json.dumps(value)
    path.write_text(new if whole else "\n".join([*lines[:at], new, *lines[at + 1 :]]))


def _key_more(rng: np.random.Generator, path: Path) -> None:
    text = path.read_text()
    path.write_text(text.replace("{", '{"nosuch": 1, ', 1))


def _line_lost(rng: np.random.Generator, path: Path) -> None:
    lines = path.read_text().splitlines()
    del lines[rng.integers(len(lines))]
    path.write_text("\n".join(lines))


def _line_twice(rng: np.random.Generator, path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]]))


RAW = {f"5,000 digits{' ' * i}": _raw(DIGITS) for i in range(2)} | {
    f"100,000 brackets{' ' * i}": _raw(DEEP) for i in range(2)
}
LOST = {"without a key": _key_lost, "without another key": _key_lost}
MORE = {"with one more key": _key_more}
JSON = {f"{k} somewhere": _json(v) for k, v in WRONG.items()}
JSON_LINES = {f"{k} in a line": _json_line(v) for k, v in WRONG.items()}
LINES = {"without a line": _line_lost, "a line twice": _line_twice}


def _text(change: Callable[[str], str]) -> Callable:
    def damage(rng: np.random.Generator, path: Path) -> None:
        path.write_text(change(path.read_text()), errors="surrogateescape")

    return damage


CSV = {
    "without its first line": _text(lambda t: t.split("\n", 1)[1]),
    "its first line alone": _text(lambda t: t.split("\n", 1)[0] + "\n"),
    "with an open quote": _text(lambda t: t + '"open\n'),
    "with a field too many": _text(lambda t: t.replace("\n", ",more\n", 3)),
    "with a field too few": _text(lambda t: t + "lonely\n"),
    "with semicolons": _text(lambda t: t.replace(",", ";")),
    "with a field of 200,000 letters": _text(lambda t: t + "a" * 200_000 + ",b\n"),
    "with old line ends": _text(lambda t: t.replace("\n", "\r")),
    "a column twice": _text(lambda t: t.replace("labels", "text", 1)),
    "empty lines": _text(lambda t: t.replace("\n", "\n\n")),
}

PLAIN = {
    "a lone surrogate": _text(lambda t: t + "\udcff"),
    "1,000,000 letters": _text(lambda t: "a" * 1_000_000),
    "100,000 words": _text(lambda t: "a b " * 50_000),
    "spaces alone": _text(lambda t: " \n\t\n"),
    "controls": _text(lambda t: "\x1b[31m\x00\x07\u202e"),
}

IMPORT = next(
    line
    for line in (ROOT / "configs" / "smoke.py").read_text().splitlines()
    if line.startswith("from scbch_jax") and "Experiment" in line
)
"""How a config imports its options."""

PROGRAMS = {
    "does not parse": "def get_config(:\n",
    "is indented by chance": "  x = 1\n\ty = 2\n",
    "is empty": "",
    "has no function": "x = 1\n",
    "gives nothing": "def get_config(): pass\nget_sweep = get_config\n",
    "gives a number": "def get_config(): return 1\nget_sweep = get_config\n",
    "gives numbers": "def get_config(): return [1]\nget_sweep = get_config\n",
    "wants an argument": "def get_config(x): return x\nget_sweep = get_config\n",
    "has a number for a function": "get_config = get_sweep = 3\n",
    "raises": "raise ValueError('a\\nb')\n",
    "raises without words": "raise KeyError\n",
    "raises what is no Exception": "raise BaseException('x')\n",
    "ends the program": "import sys\nsys.exit(3)\n",
    "ends the program well": "import sys\nsys.exit(0)\n",
    "ends the program with words": "import sys\nsys.exit('x')\n",
    "calls itself": "def get_config(): return get_config()\nget_sweep = get_config\n",
    "imports what is missing": "import nosuchmodule\n",
    "stops in the middle": "def get_sweep():\n  yield 1\n  raise OSError('x')\n",
    "gives wrong options": (
        f"{IMPORT}\n"
        "def get_config(): return Experiment(bits=7)\nget_sweep = get_config\n"
    ),
    "gives options of a wrong type": (
        f"{IMPORT}\n"
        "def get_config(): return Experiment(bits='x')\n"
        "def get_sweep(): return [Experiment(seeds=3)]\n"
    ),
}


def _program(text: str) -> Callable:
    return lambda rng, path: path.write_text(text)


DAMAGES: dict[str, dict[str, Callable]] = {
    ".json": {**JSON, **RAW, **LOST, **MORE},
    ".jsonl": {**JSON_LINES, **RAW, **LOST, **MORE, **LINES},
    ".csv": {**CSV, **LINES},
    ".txt": PLAIN,
    ".labels": PLAIN,
    ".py": {label: _program(text) for label, text in PROGRAMS.items()},
}
