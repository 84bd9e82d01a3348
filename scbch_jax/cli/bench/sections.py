"""The page of `scbch bench all`: what each part printed, and what follows from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scbch_jax.cli.bench.parts import Part, placed
from scbch_jax.data.benchmarks import BENCHMARKS, benchmark_with
from scbch_jax.io import Record, read_jsonl, write_text
from scbch_jax.results import read_results


def write_page(folder: Path, records: Mapping[Part, Record]) -> None:
    """Writes index.html and, for documentation, report.md."""
    from scbch_jax.report import benchmarks

    parts = [_measured(folder, part, record) for part, record in records.items()]
    write_text(folder / "report.md", benchmarks.as_text(parts))
    write_text(folder / "index.html", benchmarks.as_page(parts))


def _measured(folder: Path, part: Part, record: Record) -> Any:
    from scbch_jax.report import benchmarks

    golden = "scbch_jax/agreement/golden"
    words = placed(record["words"], golden=golden, out=folder)
    return benchmarks.Measured(
        title=part.title,
        command=" ".join(["scbch", *words]),
        device=_device_title(record),
        seconds=record["seconds"],
        exit_code=record["exit_code"],
        output=_output(folder, words, record),
    )


def _device_title(record: Record) -> str:
    number = f"{record['devices']} x " if record["devices"] > 1 else ""
    return number + record["device"]


def _output(folder: Path, words: list[str], record: Record) -> str:
    """What a part printed, or what its files say."""
    output = record["output"]
    if words[0] == "sweep":
        reason = "" if record["exit_code"] is not None else f"{output}\n\n"
        return reason + _seconds_of_cells(_out(words))
    if record["exit_code"] != 0:
        return output
    if words[0] == "crosscheck":  # One table a file, of which the last line is the sum.
        return output.rstrip().rpartition("\n")[2]
    if words[0] == "train":
        return output + _seconds_of_epochs(_out(words))
    if words[:2] == ["bench", "train"]:
        return output + _projection(folder / "training.jsonl")
    return output


def _out(words: list[str]) -> Path:
    return Path(words[words.index("--out") + 1])


def _seconds_of_epochs(run: Path) -> str:
    """The first epoch holds the compilation."""
    results = read_results(run / "seed-0" / "results.jsonl")
    if len(results) < 2:
        return ""
    first, *later = results
    mean = sum(x.seconds or 0 for x in later) / len(later)
    return (
        f"\nThe first epoch took {first.seconds:.2f} s with compilation, later ones "
        f"{mean:.3f} s each with their score: {50 * mean:.1f} s for 50.\n"
    )


def _seconds_of_cells(sweep: Path) -> str:
    """Measured time of the cells that have ended, by dataset."""
    from scbch_jax.report import as_markdown

    lines = read_jsonl(sweep / "runs.jsonl")
    groups: dict[str, list[list[float]]] = {}
    for line in (x for x in lines if x["state"] == "finished"):
        results = read_results(sweep / "runs" / line["run"] / "seed-0/results.jsonl")
        seconds = [x.seconds or 0.0 for x in results]
        groups.setdefault(_data_title(line["options"]), []).append(seconds)
    everything = [x for group in groups.values() for x in group]
    rows = [_cells_row(title, group) for title, group in groups.items()]
    rows.append(_cells_row("all", everything))
    header = ["data", "cells", "epochs", "later epochs, s each", "all epochs, min"]
    note = (
        "Without reading or drawing data, and without saving. A later epoch is not the "
        "first of its cell, in which programs are compiled."
    )
    return f"{as_markdown(header, rows)}\n\n{note}\n"


def _cells_row(title: str, cells: list[list[float]]) -> list[str]:
    later = [x for cell in cells for x in cell[1:]]
    mean = f"{sum(later) / len(later):.2f}" if later else "-"
    epochs, minutes = sum(map(len, cells)), sum(map(sum, cells)) / 60
    return [title, f"{len(cells)}", f"{epochs}", mean, f"{minutes:.1f}"]


def _data_title(options: Record) -> str:
    if options["data.name"] in BENCHMARKS:
        return BENCHMARKS[options["data.name"]].title
    found = benchmark_with(
        text_dim=options["data.planted.words"], classes=options["data.planted.classes"]
    )
    return f"{found.title if found else 'planted set'}, drawn"


def _projection(path: Path) -> str:
    """What the paper's tables would take by the fastest of the measured epochs."""
    from scbch_jax.bench.projection import project
    from scbch_jax.report import as_markdown

    lines = [x for x in read_jsonl(path) if x["baseline"] != "PyTorch"]
    if not lines:
        return ""
    line = min(lines, key=lambda x: (-x["hidden"], x["epoch"]))
    found = project(line)
    rows = [[x.title, f"{x.epoch:.2f}", f"{x.cells / 60:.1f}"] for x in found]
    rows.append(["all 48", "", f"{sum(x.cells for x in found) / 60:.1f}"])
    header = ["cells of Tables 1 and 2", "epoch, s", "12 cells of 50 epochs, min"]
    note = f"Projected from width {line['hidden']}, {line['baseline']}:"
    return f"\n{note}\n\n{as_markdown(header, rows)}\n"
