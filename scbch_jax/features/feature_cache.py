"""Features of which not all are there yet, on disk so that nothing is done twice.

FOLDER/plan.json        what decides the features: another plan is other features
FOLDER/features.npy     a row for each picture
FOLDER/done.jsonl       a line for each batch that is there: its checksum, its files
"""

import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import io
from scbch_jax.errors import InputError, require

Plan = dict[str, Any]


class FeatureCache:
    """Rows of features, written batch by batch."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Makes the folder, or goes on with one of the same plan.

        Args:
            folder: of the unfinished features.
            plan: JSON that decides their bits; `rows`, `width` and `batch_size` are in.

        Raises:
            InputError: if the folder holds other things, or cannot be written.
        """
        self.folder, self.plan = folder, plan
        try:
            if not (folder / "plan.json").is_file():
                self._begin()
            self.features = np.load(folder / "features.npy", mmap_mode="r+")
        except (OSError, ValueError) as error:
            got = f"{folder} ({error})"
            raise InputError(f"out: got {got}, wanted a folder to write in") from error
        wanted = f"the same source and options, or {folder} removed"
        same = self._read_plan() == plan
        require(same, "out", f"{folder}, unfinished with others", wanted)
        lines = io.read_jsonl(folder / "done.jsonl")
        self._marks = {x["batch"]: (x["sum"], x["stamp"]) for x in lines}

    def rows_of(self, batch: int) -> range:
        """The rows of a batch; the last one may be shorter."""
        size = self.plan["batch_size"]
        return range(batch * size, min((batch + 1) * size, self.plan["rows"]))

    @property
    def batches(self) -> int:
        """How many there are in all."""
        return -(-self.plan["rows"] // self.plan["batch_size"])

    def has(self, batch: int, stamp: int) -> bool:
        """Whether a batch is there, as it was written, and made from the same files."""
        return self._marks.get(batch) == (self._sum(batch), stamp)

    def write(self, batch: int, rows: np.ndarray, stamp: int | None) -> None:
        """Writes a batch.

        Args:
            batch: its number.
            rows: its features.
            stamp: tells the files that it was made from; none if it is to be made again
                by the next call.
        """
        place = self.rows_of(batch)
        self.features[place.start : place.stop] = rows
        if stamp is not None:
            self.features.flush()  # type: ignore[attr-defined] -- a map of the file
            line = {"batch": batch, "sum": self._sum(batch), "stamp": stamp}
            io.append_jsonl(self.folder / "done.jsonl", line)

    def remove(self) -> None:
        """Removes the folder: the features are elsewhere now."""
        del self.features
        shutil.rmtree(self.folder)

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # What a process killed in these lines leaves is no reason to refuse.
        names = {p.name for p in self.folder.iterdir()}
        foreign = names - {"features.npy", "plan.json.tmp"}
        got = f"{self.folder}, which holds other files"
        require(not foreign, "out", got, "a new folder")
        shape = (self.plan["rows"], self.plan["width"])
        np.lib.format.open_memmap(
            self.folder / "features.npy", mode="w+", dtype=np.float32, shape=shape
        )
        text = json.dumps(self.plan, indent=1) + "\n"
        io.write_text(self.folder / "plan.json", text)

    def _read_plan(self) -> Any:
        try:
            return json.loads((self.folder / "plan.json").read_text())
        except ValueError:
            return None

    def _sum(self, batch: int) -> int:
        place = self.rows_of(batch)
        return zlib.crc32(self.features[place.start : place.stop].tobytes())
