"""`scbch bench all`: every benchmark on this device, resumable, and a page of them."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from scbch_jax import __version__
from scbch_jax.cli import console
from scbch_jax.config.constraints import check_fields, positive
from scbch_jax.errors import InputError, require
from scbch_jax.io import Record, read_object, write_json, write_text

Size = Literal["full", "small", "tiny"]
TRAINED = (
    "--data.planted.train {} --data.planted.queries {} --data.planted.database {} "
    "--data.planted.image-dim 4096 --data.planted.words 1386 --data.planted.classes 24"
)
MIRFLICKR = TRAINED.format(10_000, 2000, 18_015)
TINY = TRAINED.format(80, 20, 90)


class Part(NamedTuple):
    """A command, and its options on an accelerator, on a CPU, and in a test."""

    title: str
    command: str
    full: str
    small: str
    tiny: str

    def words(self, size: Size) -> list[str]:
        """The command with its options."""
        return f"{self.command} {getattr(self, size)}".split()


PARTS = {
    "agreement": Part(
        "Agreement with the original on this device",
        "crosscheck",
        "",
        "",
        "{golden}/losses-f32.npz",
    ),
    "evaluation": Part(
        "Evaluation",
        "bench evaluate",
        "--items 18015 188321 1000000 --sampled 20 --rounds 3 "
        "--counting scatter sort one-hot",
        "--items 18015 50000 --sampled 10 --rounds 1",
        "--queries 8 --items 40 --sampled 4 --rounds 1 --counting one-hot",
    ),
    "large evaluation": Part(
        "Evaluation at MS-COCO's size",
        "bench evaluate --classes 80 --bits 128",
        "--queries 5000 --items 117218 --sampled 20 --rounds 3 "
        "--counting scatter sort one-hot",
        "--queries 500 --items 117218 --sampled 5 --rounds 1",
        "--queries 8 --items 40 --sampled 4 --rounds 1",
    ),
    "training": Part(
        "Training, parts of an epoch",
        "bench train",
        "--precision highest high default bfloat16 --moments float32 bfloat16",
        "--hidden 1024 --steps 2 --rounds 1",
        "--hidden 8 --rows 40 --queries 6 --items 30 --steps 1 --sampled 2 "
        "--encoded 16 --rounds 1",
    ),
    "run": Part(
        "A run of MIRFlickr's size with a score after each epoch",
        "train smoke --bits 64 --seeds 0 --training.save-every 1000",
        "--out {out}/run-full --training.epochs 50 --options.hidden 1024 " + MIRFLICKR,
        "--out {out}/run-small --training.epochs 2 --options.hidden 256 " + MIRFLICKR,
        "--out {out}/run-tiny --training.epochs 2 --options.hidden 8 " + TINY,
    ),
    "neighbors": Part(
        "Neighbor search",
        "bench neighbors",
        "--rows 10000 100000 1000000 --search exact approximate --rounds 1",
        "--rows 10000 20000 --rounds 1 --sampled 128",
        "--rows 40 --bits 8 --neighbors 4 --rounds 1 --sampled 4",
    ),
    "lanes": Part(
        "Runs at once",
        "bench lanes",
        "--lanes 4 16 --hidden 1024 --rows 10000",
        "--lanes 4 --hidden 64 --rows 1000 --rounds 2",
        "--lanes 2 --hidden 8 --rows 40 --rounds 1",
    ),
    "search": Part(
        "Search",
        "bench search",
        "--items 1000000 10000000",
        "--items 1000000 --rounds 2",
        "--items 40 --bits 8 --queries 1 --k 2 --rounds 1",
    ),
}


@dataclass(frozen=True)
class BenchAll:
    """Run all benchmarks on this device that the folder does not contain yet."""

    out: Path = Path("bench")
    """Folder for each part's output; parts that it contains are not run again."""
    minutes: Annotated[float, positive()] = 9.0
    """Minutes after which it stops; a second call continues with the missing parts."""
    size: Literal["auto", "full", "small", "tiny"] = "auto"
    """Sizes of the parts: by default small on a CPU and full elsewhere; tiny is for
    tests."""
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
    if not options.report:
        _run_missing(options)
    found = {name: part for name in PARTS if (part := _finished(options.out, name))}
    require(bool(found), "out", options.out, "a folder with a finished part")
    _write_report(options.out, found)
    missing = [name for name in PARTS if name not in found]
    if missing:
        console.log(f"missing: {', '.join(missing)}; call again to go on")
    console.output(str(options.out / "index.html"))
    return 1 if missing or any(x["exit_code"] for x in found.values()) else 0


def _run_missing(options: BenchAll) -> None:
    end = time.monotonic() + 60 * options.minutes
    # In a process of its own: this one must not hold the device's memory.
    device = _device()
    size = options.size
    if size == "auto":
        size = "small" if device["platform"] == "cpu" else "full"
    options.out.mkdir(parents=True, exist_ok=True)
    for name, part in PARTS.items():
        wanted = {**device, "version": __version__, "words": part.words(size)}
        done = _finished(options.out, name)
        if done and all(done[key] == value for key, value in wanted.items()):
            continue
        left = end - time.monotonic()
        if left <= 0:
            return
        console.log(f"{name}: scbch {' '.join(part.words(size))}"[:100])
        _run(options.out, name, wanted, left)


def _run(folder: Path, name: str, wanted: Record, seconds: float) -> None:
    """Runs a part; what it printed is written when it has ended."""
    stem = folder / name.replace(" ", "-")
    golden = Path(sys.modules["scbch_jax"].__path__[0]) / "agreement" / "golden"
    places = {"golden": golden, "out": folder}
    words = [word.format(**places) for word in wanted["words"]]
    if words[0] != "train":
        words.append(f"--json={stem}.jsonl")
    elif _run_folder(folder, wanted["words"]).exists():
        words.append("--resume")  # A call before this one was stopped.
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
        console.log(f"{name}: stopped after {seconds:.0f} s")
        return
    result = {
        **wanted,
        "seconds": time.monotonic() - start,
        "exit_code": process.returncode,
        "output": process.stdout,
    }
    write_json(stem.with_suffix(".json"), result)


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
    return json.loads(found.stdout)


def _finished(folder: Path, name: str) -> Record | None:
    """The record of a part that has ended."""
    path = folder / f"{name.replace(' ', '-')}.json"
    if not path.is_file():
        return None
    record = read_object(path, "out")
    keys = ("device", "version", "words", "seconds", "exit_code", "output")
    require(all(k in record for k in keys), "out", path, "a part of bench all")
    return record


def _write_report(folder: Path, found: dict[str, Record]) -> None:
    """The page and, for the documentation, its tables in Markdown."""
    from scbch_jax.report import benchmarks

    sections = [_section(folder, name, record) for name, record in found.items()]
    write_text(folder / "report.md", benchmarks.as_text(sections))
    write_text(folder / "index.html", benchmarks.as_page(sections))


def _section(folder: Path, name: str, record: Record) -> Any:
    from scbch_jax.report import benchmarks

    output = record["output"]
    if name == "agreement":  # One table a file, of which the last line is the sum.
        output = output.splitlines()[-1]
    if name == "training":
        output += _projection(folder / "training.jsonl")
    if name == "run":
        output += _seconds_of_epochs(_run_folder(folder, record["words"]))
    return benchmarks.Measured(
        title=PARTS[name].title,
        command=" ".join(["scbch", *record["words"]]),
        device=f"{record['devices']} x {record['device']}",
        seconds=record["seconds"],
        passed=not record["exit_code"],
        output=output,
    )


def _run_folder(folder: Path, words: list[str]) -> Path:
    return Path(words[words.index("--out") + 1].format(out=folder))


def _seconds_of_epochs(run: Path) -> str:
    """The first epoch holds the compilation."""
    from scbch_jax.results import read_results

    first, *later = read_results(run / "seed-0" / "results.jsonl")
    mean = sum(x.seconds or 0 for x in later) / len(later)
    return (
        f"\nThe first epoch took {first.seconds:.2f} s with compilation, each of the "
        f"{len(later)} later ones {mean:.3f} s with its score: "
        f"{50 * mean:.1f} s for 50.\n"
    )


def _projection(path: Path) -> str:
    """What the paper's tables would take by the fastest of the measured epochs."""
    from scbch_jax.bench.projection import project
    from scbch_jax.io import read_jsonl
    from scbch_jax.report import as_markdown

    lines = [x for x in read_jsonl(path) if x["baseline"] != "PyTorch"]
    line = min(lines, key=lambda x: (-x["hidden"], x["epoch"]))
    found = project(line)
    rows = [[x.title, f"{x.epoch:.2f}", f"{x.cells / 60:.1f}"] for x in found]
    rows.append(["all 48", "", f"{sum(x.cells for x in found) / 60:.1f}"])
    header = ["cells of Tables 1 and 2", "epoch, s", "12 cells of 50 epochs, min"]
    note = f"Projected from width {line['hidden']}, {line['baseline']}:"
    return f"\n{note}\n\n{as_markdown(header, rows)}\n"
