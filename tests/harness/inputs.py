"""Small inputs of every kind, each made once a session by its name in a call."""

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import coco_files
import coco_originals
import h5py
import iapr_files
import mirflickr_files
import numpy as np
import nuswide_files
import original_files
import picture_folders
import pretrained
import scipy.io
from conftest import GOLDEN, ROOT
from harness.commands import TINY
from harness.running import Server

from scbch_jax.data import store

SMOKE = ROOT / "configs" / "smoke.py"


class Inputs:
    """A folder of inputs, made when they are first asked for."""

    def __init__(self, folder: Path, server: Server) -> None:
        """Takes an empty folder, and what runs commands."""
        self.folder, self._server = folder, server

    def path(self, name: str) -> Path:
        """The path of an input."""
        path = self.folder / name
        if not path.exists():
            MAKERS[name](self, path)
        return path

    def scbch(self, *words: object) -> None:
        """Runs a command that an input is made by."""
        ran = self._server.run(list(map(str, words)), self.folder)
        assert ran.code == 0, ran.err


def _rows(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random((count, 4)) < 0.4).astype(np.uint8)
    labels[np.arange(count), rng.integers(4, size=count)] = 1
    image = rng.normal(size=(count, 6)).astype(np.float32)
    words = (rng.random((count, 5)) < 0.5).astype(np.float32)
    words[np.arange(count), rng.integers(5, size=count)] = 1
    return {"image": image, "text": words, "labels": labels}


def _run(inputs: Inputs, path: Path, seed: int) -> None:
    words = [*TINY.split(), "--seeds", seed, "--out", path]
    inputs.scbch("train", SMOKE, *words)


def _raw_run(inputs: Inputs, path: Path) -> None:
    store = inputs.folder / "raw-store"
    how = ["--network", "descriptor", "--out", store]
    inputs.scbch("features", "all", inputs.path("pictures"), *how)
    words = [*TINY.split(), "--data.name", "store", "--data.root", store]
    inputs.scbch("train", SMOKE, *words, "--noise.kind", "none", "--out", path)


def _codes(path: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = {m: rng.integers(256, size=(count, 2)) for m in ("image", "text")}
    codes = {m: x.astype(np.uint8) for m, x in codes.items()}
    np.savez(path, **codes, labels=_rows(count, seed)["labels"])


def _relaxed_codes(path: Path, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    relaxed = {m: rng.normal(size=(count, 16)) for m in ("image", "text")}
    codes = {m: np.packbits(x > 0, axis=1) for m, x in relaxed.items()}
    relaxed = {f"relaxed_{m}": x.astype(np.float32) for m, x in relaxed.items()}
    np.savez(path, **codes, **relaxed, labels=_rows(count, seed)["labels"])


def _features(inputs: Inputs, path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(path, image=rng.normal(size=(7, 128)), text=rng.random((7, 300)))


def _feature_folder(inputs: Inputs, path: Path) -> None:
    path.mkdir()
    rng = np.random.default_rng(0)
    np.save(path / "image.npy", rng.normal(size=(7, 128)))
    np.save(path / "text.npy", rng.random((7, 300)))
    np.save(path / "labels.npy", _rows(7)["labels"])
    lines = [{"picture": f"{i}.jpg"} for i in range(7)]
    (path / "rows.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))


def _hdf5(inputs: Inputs, path: Path) -> None:
    rows = _rows(23)
    with h5py.File(path, "w") as file:
        file["X"], file["Y"] = rows["image"], rows["text"]


def _store(inputs: Inputs, path: Path) -> None:
    words = ["--queries", 4, "--train", 9, "--out", path]
    inputs.scbch("data", "import", inputs.path("arrays.npz"), *words)


def _samples() -> list[dict]:
    words = ["red", "green", "blue", "square", "stripes", "left", "right"]
    return [
        {"text": f"A {words[i % 3]} {words[3 + i % 2]}", "labels": [words[i % 3]]}
        for i in range(12)
    ]


def _json_lines(inputs: Inputs, path: Path) -> None:
    path.write_text("".join(json.dumps(x) + "\n" for x in _samples()))


def _csv(inputs: Inputs, path: Path) -> None:
    rows = [f'"{x["text"]}","{x["labels"][0]}"' for x in _samples()]
    path.write_text("\n".join(["text,labels", *rows]) + "\n")


def _corrections(inputs: Inputs, path: Path) -> None:
    found = store.read(inputs.path("store"))
    names = found.classes or [f"label {c}" for c in range(found.labels.shape[1])]
    lines = [f"{row},{names[0]},{found.labels[row, 0]}\n" for row in (0, 2)]
    path.write_text("row,class,given\n" + "".join(lines))


def _text_model(inputs: Inputs, path: Path) -> None:
    out = path.with_suffix(".npz")
    inputs.scbch("features", "texts", inputs.path("list.csv"), "--out", out)


def _benchmarks(inputs: Inputs, path: Path) -> None:
    path.mkdir()
    output = "2 queries\n| items | s |\n| --- | --: |\n| 40 | 0.1 |\n"
    part = {
        "platform": "cpu",
        "device": "cpu",
        "devices": 1,
        "version": "0",
        "words": ["bench", "evaluate", "--queries", "2"],
    }
    part |= {"seconds": 1.5, "exit_code": 0, "output": output}
    (path / "evaluation.json").write_text(json.dumps(part))


def _coco(inputs: Inputs, path: Path) -> None:
    source = inputs.folder / "coco-source"
    source.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        coco_files.prepare(source, path)


MAKERS: dict[str, Callable[[Inputs, Path], object]] = {
    "plan.py": lambda inputs, path: shutil.copy(SMOKE, path),
    "plan.json": lambda inputs, path: shutil.copy(
        inputs.path("run") / "experiment.json", path
    ),
    "sweep.py": lambda inputs, path: shutil.copy(
        ROOT / "configs" / "sweeps" / "smoke.py", path
    ),
    "run": lambda inputs, path: _run(inputs, path, 0),
    "other": lambda inputs, path: _run(inputs, path, 1),
    "store": _store,
    "sets": lambda inputs, path: inputs.scbch(
        "data", "tfds", inputs.path("store"), "--out", path
    ),
    "coco": _coco,
    "mirflickr": lambda inputs, path: original_files.write(
        path, mirflickr_files.miniature(nested=False)
    ),
    "nuswide": lambda inputs, path: original_files.write(
        path, nuswide_files.miniature(listed=True)
    ),
    "coco-original": lambda inputs, path: original_files.write(
        path, coco_originals.miniature("2014")
    ),
    "iapr": lambda inputs, path: original_files.write(path, iapr_files.miniature()),
    "published.mat": lambda inputs, path: original_files.write_published(
        path, *mirflickr_files.expected()
    ),
    "arrays.npz": lambda inputs, path: np.savez(path, **_rows(23)),
    "arrays.h5": _hdf5,
    "arrays.mat": lambda inputs, path: scipy.io.savemat(
        path, {"L": _rows(23)["labels"]}
    ),
    "features.npz": _features,
    "feature-folder": _feature_folder,
    "query.npz": lambda inputs, path: _codes(path, 6, 1),
    "database.npz": lambda inputs, path: _codes(path, 30, 2),
    "index": lambda inputs, path: inputs.scbch(
        "index", "build", inputs.path("database.npz"), "--out", path
    ),
    "raw-run": _raw_run,
    "raw-index": lambda inputs, path: inputs.scbch(
        *("index", "build", inputs.path("raw-run"), inputs.path("pictures")),
        *("--out", path),
    ),
    "benchmarks": _benchmarks,
    "own-index": lambda inputs, path: inputs.scbch(
        "index", "build", inputs.path("database.npz"), "--out", path
    ),
    "relaxed-query.npz": lambda inputs, path: _relaxed_codes(path, 6, 1),
    "relaxed-database.npz": lambda inputs, path: _relaxed_codes(path, 30, 2),
    "relaxed-index": lambda inputs, path: inputs.scbch(
        "index", "build", inputs.path("relaxed-database.npz"), "--out", path
    ),
    "confusion.npy": lambda inputs, path: np.save(path, np.ones((12, 12)) - np.eye(12)),
    "pictures": lambda inputs, path: picture_folders.draw(path, count=13, size=24),
    "clip": lambda inputs, path: pretrained.clip(path),
    "list.jsonl": _json_lines,
    "list.csv": _csv,
    "corrections.csv": _corrections,
    "words.model": _text_model,
    "recorded.npz": lambda inputs, path: shutil.copy(GOLDEN / "trajectory-7.npz", path),
    "weights.safetensors": lambda inputs, path: inputs.scbch(
        "convert", inputs.path("run"), path
    ),
}
"""What makes each input."""
