"""Damaged inputs: files of every kind, and folders with one damaged file."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from harness import damaged_arrays, damaged_pictures, damaged_texts
from harness.malform import SURROGATE, Case

Damage = Callable[[np.random.Generator, Path], object]
"""Damages a file, in place."""


def wrong_inputs(words: list[str], inputs: dict[str, Path]) -> Iterator[Case]:
    """Every input damaged in every way that there is for its kind.

    Args:
        words: a valid call, in which the inputs are paths.
        inputs: the inputs by name.
    """
    for name, path in inputs.items():
        damages = [*(_of_folders(path) if path.is_dir() else _of_files(path))]
        if not path.is_dir():
            damages += [(label, damage, "") for label, damage in NAMES.items()]
        for label, damage, inside in damages:
            yield Case(
                f"{name}: {label}",
                lambda folder, path=path, damage=damage, inside=inside, label=label: (
                    _replace(words, path, _damaged(folder, path, damage, inside, label))
                ),
            )


def _replace(words: list[str], path: Path, copy: Path) -> list[str]:
    return [str(copy) if word == str(path) else word for word in words]


def _damaged(folder: Path, path: Path, damage: Damage, inside: str, label: str) -> Path:
    """A damaged copy of an input, or of the file at `inside` in it."""
    copy = folder / path.name
    if path.is_dir():
        shutil.copytree(path, copy)
    else:
        shutil.copy(path, copy)
    rng = np.random.default_rng([*label.encode(errors="replace")])
    renamed = damage(rng, copy / inside)
    return renamed if isinstance(renamed, Path) else copy


def _of_files(path: Path) -> Iterator[tuple[str, Damage, str]]:
    for label, damage in {**ANY_FILE, **_of_suffix(path.suffix)}.items():
        yield label, damage, ""


def _of_suffix(suffix: str) -> dict[str, Damage]:
    found: dict[str, Damage] = {}
    for kind in (damaged_arrays, damaged_pictures, damaged_texts):
        found |= kind.DAMAGES.get(suffix, {})
    return found


def _of_folders(path: Path) -> Iterator[tuple[str, Damage, str]]:
    for label, damage in ANY_FOLDER.items():
        yield label, damage, ""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for shown, inside in _files_inside(path):
        kinds.setdefault(Path(shown).suffix or shown, []).append((shown, inside))
    for alike in kinds.values():
        # Of many files of one kind, such as pictures, two are damaged.
        for shown, inside in alike if len(alike) < 9 else (alike[0], alike[-1]):
            for label, damage, _ in _of_files(path / inside):
                yield f"{shown} {label}", damage, inside


def _files_inside(path: Path) -> list[tuple[str, str]]:
    """Every file below a folder: how labels call it, and where it is.

    Of those with random names only the largest, so that labels are the same each time.
    """
    found: dict[str, Path] = {}
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        is_random = re.fullmatch("[0-9a-f]{32}", file.name)
        shown = str((file.parent / "*" if is_random else file).relative_to(path))
        if shown not in found or file.stat().st_size > found[shown].stat().st_size:
            found[shown] = file
    return [(shown, str(file.relative_to(path))) for shown, file in found.items()]


def _rewrite(change: Callable[[np.random.Generator, bytes], bytes]) -> Damage:
    def damage(rng: np.random.Generator, path: Path) -> None:
        path.write_bytes(change(rng, path.read_bytes()))

    return damage


def _flip(rng: np.random.Generator, content: bytes) -> bytes:
    changed = bytearray(content)
    for at in rng.integers(len(changed), size=3) if changed else ():
        changed[at] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _instead(make: Callable[[Path], object]) -> Damage:
    def damage(rng: np.random.Generator, path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def _renamed(name: Callable[[Path], str]) -> Damage:
    """Only a file that the call names can be called otherwise."""

    def damage(rng: np.random.Generator, path: Path) -> Path:
        return path.rename(path.with_name(name(path)))

    return damage


def _unreadable(rng: np.random.Generator, path: Path) -> None:
    path.chmod(0)


ANY_FILE: dict[str, Damage] = {
    "missing": _instead(lambda path: None),
    "empty": _rewrite(lambda rng, content: b""),
    "one byte": _rewrite(lambda rng, content: content[:1]),
    "its first half": _rewrite(lambda rng, content: content[: len(content) // 2]),
    "without its last byte": _rewrite(lambda rng, content: content[:-1]),
    "cut anywhere": _rewrite(lambda rng, c: c[: int(rng.random() * len(c))]),
    "with flipped bits": _rewrite(_flip),
    "with flipped bits once more": _rewrite(_flip),
    "with a flipped first byte": _rewrite(lambda rng, c: bytes([~c[0] & 255]) + c[1:]),
    "random bytes": _rewrite(lambda rng, content: rng.bytes(len(content))),
    "zeros": _rewrite(lambda rng, content: bytes(len(content))),
    "twice": _rewrite(lambda rng, content: content + content),
    "text": _rewrite(lambda rng, content: b"no such format\n"),
    "in UTF-16": _rewrite(lambda rng, c: c.decode("latin-1").encode("utf-16")),
    "after a byte order mark": _rewrite(lambda rng, content: b"\xef\xbb\xbf" + content),
    "with a NUL": _rewrite(lambda rng, c: c[: len(c) // 2] + b"\0" + c[len(c) // 2 :]),
    "with bytes that are no UTF-8": _rewrite(
        lambda rng, content: content + b"\xff\xfe"
    ),
    "a folder": _instead(Path.mkdir),
    "a link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "a link to nothing": _instead(lambda path: path.symlink_to("nothing")),
    "a link to a device": _instead(lambda path: path.symlink_to(os.devnull)),
    "unreadable": _unreadable,
}
"""Ways to damage any file. As root, a file without permissions can still be read."""


def _empty(rng: np.random.Generator, path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def _gone(rng: np.random.Generator, path: Path) -> None:
    shutil.rmtree(path)


def _a_file(rng: np.random.Generator, path: Path) -> None:
    shutil.rmtree(path)
    path.write_text("no folder")


def _a_link_to_itself(rng: np.random.Generator, path: Path) -> None:
    shutil.rmtree(path)
    path.symlink_to(path.name)


def _more(rng: np.random.Generator, path: Path) -> None:
    (path / "more.json").write_text(json.dumps({"more": 1}))
    (path / ("odd" + SURROGATE)).write_text("")
    (path / "loop").symlink_to(path)


def _one_gone(rng: np.random.Generator, path: Path) -> None:
    files = sorted(p for p in path.rglob("*") if p.is_file())
    files[rng.integers(len(files))].unlink()


def _inner_folder_gone(rng: np.random.Generator, path: Path) -> None:
    inner = sorted(p for p in path.rglob("*") if p.is_dir())
    if inner:
        shutil.rmtree(inner[rng.integers(len(inner))])


ANY_FOLDER: dict[str, Damage] = {
    "missing": _gone,
    "empty": _empty,
    "a file": _a_file,
    "a link to itself": _a_link_to_itself,
    "with more in it": _more,
    "without one of its files": _one_gone,
    "without another of its files": _one_gone,
    "without one of its folders": _inner_folder_gone,
    "called by a surrogate": _renamed(lambda path: SURROGATE),
    "called by a line break": _renamed(lambda path: "a\nb"),
}

NAMES: dict[str, Damage] = {
    "called by a surrogate": _renamed(lambda path: SURROGATE + path.suffix),
    "called by a line break": _renamed(lambda path: f"a\nb{path.suffix}"),
    "called by a colon": _renamed(lambda path: f"a:b{path.suffix}"),
    "of another ending": _renamed(lambda path: "renamed.xyz"),
    "without an ending": _renamed(lambda path: "renamed"),
    "in capitals": _renamed(lambda path: path.name.upper()),
    "a pipe": _instead(os.mkfifo),
}
"""Further damages for a file that the call names: other names, and no file at all."""
