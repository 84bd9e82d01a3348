"""`scbch bench all`: every benchmark on this device, resumable, and a page of them."""

import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from scbch_jax import __version__
from scbch_jax.cli import console
from scbch_jax.cli.bench.parts import GRID, PARTS, Part, Size, placed
from scbch_jax.config.constraints import check_fields, is_whole, positive
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record, read_object, write_json


@dataclass(frozen=True)
class BenchAll:
    """Run all benchmarks on this device that the folder does not contain yet."""

    out: Path = Path("bench")
    """Folder for each part's output; parts that it contains are not run again."""
    minutes: Annotated[float, positive()] = 9.0
    """Minutes after which it stops. Each part has a share of them; one that does not
    end within its share is left out, and has twice that time in a second call."""
    size: Literal["auto", "full", "small", "tiny"] = "auto"
    """Sizes of the parts: by default small on a CPU and full elsewhere; tiny is for
    tests."""
    grid: bool = False
    """Also train the 48 cells of the paper's Tables 1 and 2 in the time that is left,
    on drawn data where SCBCH_DATA has no files; a further call continues with the
    cell at which it stopped."""
    report: bool = False
    """Only write index.html and report.md of the parts that are there."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        made = not self.out.exists() or self.out.is_dir()
        require(made, "out", self.out, "a folder")
        if self.report:
            require(self.out.is_dir(), "out", self.out, "a folder of bench all")


def main(options: BenchAll) -> int:
    """Runs what is missing, then writes the page; 1 if parts are still missing."""
    from scbch_jax.cli.bench import sections

    wanted = {**PARTS, **(GRID if options.grid else {})}
    if not options.report:
        _run_missing(options, wanted)
    known = {**PARTS, **GRID}
    found = {name: x for name in known if (x := _read(options.out, name))}
    require(bool(found), "out", options.out, "a folder of bench all with a part")
    sections.write_page(options.out, {known[name]: x for name, x in found.items()})
    missing = [n for n in wanted if n not in found or found[n]["exit_code"] is None]
    if missing:
        console.log(f"missing: {', '.join(missing)}; call again to go on")
    console.output(str(options.out / "index.html"))
    return 1 if any(x["exit_code"] != 0 for x in found.values()) or missing else 0


def _run_missing(options: BenchAll, parts: dict[str, Part]) -> None:
    end = time.monotonic() + 60 * options.minutes
    # In a process of its own: this one must not hold the device's memory.
    device = _device()
    size: Size = "small" if device["platform"] == "cpu" else "full"
    if options.size != "auto":
        size = options.size
    options.out.mkdir(parents=True, exist_ok=True)
    records = {
        name: {**device, "version": __version__, "words": part.words(size)}
        for name, part in parts.items()
    }
    missing = {}
    for name, record in records.items():
        if (tried := _seconds_tried(options.out, name, record)) is not None:
            missing[name] = tried
    for name, seconds in _shares(missing, parts, end):
        if seconds < 1:
            reason = f"None of the {options.minutes:g} minutes was left for it."
            _write_left_out(options.out, name, records[name], missing[name], reason)
            continue
        console.log(f"{name}: scbch {' '.join(records[name]['words'])}"[:100])
        _run(options.out, name, records[name], seconds)


def _shares(
    missing: dict[str, float], parts: dict[str, Part], end: float
) -> Iterator[tuple[str, float]]:
    """Each missing part, and the seconds that it has; what it leaves is the others'."""
    names = list(missing)
    for i, name in enumerate(names):
        left = max(end - time.monotonic(), 0.0)
        shares = [parts[later].share for later in names[i:]]
        # Twice what was too little, so that every part ends after some calls.
        yield name, min(left, max(left * shares[0] / sum(shares), 2 * missing[name]))


def _run(folder: Path, name: str, wanted: Record, seconds: float) -> None:
    """Runs a part; what it printed is written when it has ended."""
    golden = Path(sys.modules["scbch_jax"].__path__[0]) / "agreement" / "golden"
    words = placed(wanted["words"], golden=golden, out=folder)
    if words[0] == "train" and Path(words[words.index("--out") + 1]).exists():
        words.append("--resume")  # A call before this one was stopped.
    elif words[0] not in ("train", "sweep"):
        words.append(f"--json={_path(folder, name, 'jsonl')}")
    start = time.monotonic()
    try:
        process = subprocess.run(
            [sys.executable, "-P", "-m", "scbch_jax.cli", *words],
            stdout=subprocess.PIPE,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"It did not end within its share of the minutes, {seconds:.0f} s."
        _write_left_out(folder, name, wanted, seconds, reason)
        return
    end = {"exit_code": process.returncode, "output": process.stdout}
    result = {**wanted, "seconds": time.monotonic() - start, **end}
    write_json(_path(folder, name), result)


def _write_left_out(
    folder: Path, name: str, wanted: Record, seconds: float, reason: str
) -> None:
    """A record without an exit code, which the next call replaces."""
    console.log(f"{name} was left out. {reason}")
    record = {**wanted, "seconds": seconds, "exit_code": None, "output": reason}
    write_json(_path(folder, name), record)


def _device() -> Record:
    """Platform, name and number of JAX's devices."""
    code = (
        "import jax, json; x = jax.devices(); print(json.dumps({'platform': "
        "x[0].platform, 'device': x[0].device_kind, 'devices': len(x)}))"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise InputError(f"device: {found.stderr.strip().splitlines()[-1]}")
    device: Record = json.loads(found.stdout)
    if device["platform"] == "cpu":  # JAX calls every processor "cpu".
        device["device"] = f"{os.cpu_count()} cores, {_processor()}"
    return device


def _processor() -> str:
    """The model of the processor, where the system names it."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _seconds_tried(folder: Path, name: str, wanted: Record) -> float | None:
    """After how long a part was left out, 0 if it was not begun, None if it has ended.

    With another device, version or other words it is another part.
    """
    found = _read(folder, name)
    if found is None or any(found[key] != value for key, value in wanted.items()):
        return 0.0
    return found["seconds"] if found["exit_code"] is None else None


def _read(folder: Path, name: str) -> Record | None:
    """The record of a part that has ended or was left out."""
    path = _path(folder, name)
    if not path.is_file():
        return None
    record = read_object(path, "out")
    require(_is_part(record), "out", path, "a part of bench all")
    return record


def _is_part(record: Record) -> bool:
    words, texts = record.get("words"), ("device", "version", "output")
    return (
        all(isinstance(record.get(name), str) for name in texts)
        and isinstance(words, list)
        and all(isinstance(word, str) for word in words)
        # What is trained tells by its files, whose folder is the word after --out.
        and bool(words)
        and (words[0] not in ("train", "sweep") or "--out" in words[:-1])
        and is_whole(record.get("devices"))
        and isinstance(record.get("seconds"), int | float)
        and "exit_code" in record
        and (record["exit_code"] is None or is_whole(record["exit_code"]))
    )


def _path(folder: Path, name: str, ending: str = "json") -> Path:
    return folder / f"{name.replace(' ', '-')}.{ending}"
