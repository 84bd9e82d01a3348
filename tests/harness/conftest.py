"""The server and the inputs that all tests of the harness share."""

import fnmatch
import os
from pathlib import Path

import pytest
from harness import folders
from harness.commands import COMMANDS, Command
from harness.inputs import Inputs
from harness.known import KNOWN
from harness.running import Kill, Ran, Server


class Harness:
    """Runs commands in folders, on inputs that are made once."""

    def __init__(self, folder: Path) -> None:
        """Starts the server; all lies in the folder."""
        for name in ("log", "inputs", "whole"):
            (folder / name).mkdir()
        self.server = Server(folder / "log")
        self.inputs = Inputs(folder / "inputs", self.server)
        self._whole_folder = folder / "whole"
        self._whole: dict[str, Whole] = {}

    def words(self, command: Command) -> list[str]:
        """A valid call, with the paths of its inputs."""
        return [
            str(self.inputs.path(word[1:])) if word.startswith("@") else word
            for word in command.words
        ]

    def half_written(
        self, name: str, folder: Path, earlier: bytes | None = None
    ) -> list[str]:
        """Outputs that are neither whole, nor missing, nor an earlier result."""
        found = []
        for output in COMMANDS[name].writes:
            path = folder / output
            there = folders.contents(folder, (output,))
            kept = earlier is not None and path.is_file()
            if kept and path.read_bytes() == earlier:
                continue
            if there and self.whole(name).difference(there, output):
                found.append(output)
            elif not there and earlier is not None:
                found.append(f"{output}, which is gone,")
        return found

    def run(self, words: list[str], folder: Path, kill: Kill | None = None) -> Ran:
        """Runs a call in a folder."""
        return self.server.run(words, folder, kill=kill)

    def whole(self, name: str) -> "Whole":
        """What an undisturbed run of a command leaves."""
        if name not in self._whole:
            self._whole[name] = Whole(self, name, self._whole_folder)
        return self._whole[name]


class Whole:
    """Two undisturbed runs of a command: their files, and how long they took."""

    def __init__(self, harness: Harness, name: str, folder: Path) -> None:
        """Runs the command twice: files that differ are compared by name only."""
        command = COMMANDS[name]
        found = []
        for number in range(2):
            place = folder / f"{name} {number}"
            place.mkdir()
            self.ran = harness.run(harness.words(command), place)
            assert self.ran.code == 0, f"scbch {command.call}: {self.ran.err}"
            found.append(folders.contents(place))
        self.folder = place
        first, second = found
        assert first.keys() == second.keys()
        varying = {
            path
            for path in first
            if first[path] != second[path]
            or any(fnmatch.fnmatch(path, pattern) for pattern in command.varies)
        }
        self.files = {
            path: "any" if command.timed or path in varying else digest
            for path, digest in first.items()
        }

    def difference(self, found: dict[str, str], output: str = "") -> str:
        """How files differ from those of an undisturbed run, in words.

        Args:
            found: `folders.contents` of a working folder, or of one of its entries.
            output: that entry.
        """
        known = {p: x for p, x in self.files.items() if _is_of(p, output)}
        ways = {
            "left over": found.keys() - known.keys(),
            "missing": known.keys() - found.keys(),
            "other content": {
                path
                for path in found.keys() & known.keys()
                if not _is_same(found[path], known[path])
            },
        }
        return "; ".join(f"{way}: {sorted(x)[:4]}" for way, x in ways.items() if x)


def _is_of(path: str, output: str) -> bool:
    return not output or path == output or path.startswith(output + "/")


def _is_same(found: str, known: str) -> bool:
    return known == found or (known == "any" and not found.startswith(folders.DAMAGED))


def pytest_collection_modifyitems(items):
    """Puts the tests of a command together: a worker makes once what they share."""
    places = [i for i, item in enumerate(items) if "harness" in item.fixturenames]
    order = {name: i for i, name in enumerate(COMMANDS)}
    chosen = [items[i] for i in places]
    chosen.sort(key=lambda item: order[item.callspec.params["name"]])
    for place, item in zip(places, chosen, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def harness(tmp_path_factory):
    """One server and one set of inputs for a session."""
    made = Harness(tmp_path_factory.mktemp("harness"))
    yield made
    made.server.close()


@pytest.fixture(autouse=True)
def needed(request):
    """Skips the tests of a command whose package is missing."""
    params = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    command = COMMANDS.get(params.get("name"))
    if command and command.needs:
        reason = f"{command.needs} is not installed"
        pytest.importorskip(command.needs, reason=reason)


@pytest.fixture
def is_asked():
    """Whether a case is to run: all, or those that SCBCH_HARNESS_ONLY names a part of.

    With it, one case of a failed test is repeated: its label is in the message. Cases
    in `KNOWN` run only so.
    """
    part = os.environ.get("SCBCH_HARNESS_ONLY", "")
    return lambda label: part in label and (bool(part) or label not in KNOWN)
