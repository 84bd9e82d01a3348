"""Options of each data command; the first line of each docstring is its help."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scbch_jax.config.constraints import at_least, check_fields
from scbch_jax.config.experiment import NO_NOISE_FILE, Data, NoiseKind
from scbch_jax.errors import require

Flat = tyro.conf.arg(name="")


@dataclass(frozen=True)
class ShowData:
    """Say what a run would train on: files, sizes, labels."""

    data: Annotated[Data, Flat] = field(default_factory=Data)


@dataclass(frozen=True)
class InspectData:
    """Say in plain words what files hold, which form it is, and what looks wrong."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """Files that belong together: .mat, .h5, .npz, .npy or .parquet."""
    image: str = ""
    """Array of image features, as KEY or FILE:KEY, where the form is none of the known
    ones; text and labels are then wanted too."""
    text: str = ""
    """Array of text features, likewise."""
    labels: str = ""
    """Array of labels, likewise: rows of 0 and 1, or one class number a row."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        require(bool(self.files), "files", "none", "at least one")
        _check_mapping(self.image, self.text, self.labels)


@dataclass(frozen=True)
class ImportData:
    """Write one clean store from files in any form in which they circulate."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """Files that belong together: .mat, .h5, .npz, .npy or .parquet."""
    out: Path
    """Folder of the new store."""
    image: str = ""
    """Array of image features, as KEY or FILE:KEY, where the form is none of the known
    ones; text and labels are then wanted too."""
    text: str = ""
    """Array of text features, likewise."""
    labels: str = ""
    """Array of labels, likewise: rows of 0 and 1, or one class number a row."""
    split: Literal["auto", "file", "scbch", "ucch", "random"] = "auto"
    """file: as the files have it; scbch: queries first, then training rows, and all but
    the queries is the database; ucch: queries last, the rest trains and is searched;
    random: drawn from the seed; auto: file where there is one, else scbch."""
    queries: Annotated[int, at_least(0)] = 0
    """Rows of the query set; 0 for as many as published."""
    train: Annotated[int, at_least(0)] = 0
    """Rows of the training set; 0 for as many as published."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of a random split."""
    query_rows: str = ""
    """Array of row numbers, from 0, or of one truth value a row, as KEY or FILE:KEY;
    in place of a split by name."""
    train_rows: str = ""
    """Likewise; by default the database. Without query rows, all others are queries."""
    database_rows: str = ""
    """Likewise; by default all rows but the queries."""
    title: str = ""
    """Title of the store; by default that of the published set."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        _check_mapping(self.image, self.text, self.labels)
        given = [self.query_rows, self.train_rows, self.database_rows]
        got = f"{self.split} beside rows that are given"
        require(not any(given) or self.split == "auto", "split", got, "one of them")


@dataclass(frozen=True)
class VerifyData:
    """Read every byte of a store and compare it with its checksums."""

    store: tyro.conf.Positional[Path]
    """Folder that data import wrote."""


@dataclass(frozen=True)
class TfdsData:
    """Write a store as a set for tensorflow-datasets, or such a set as a store."""

    source: tyro.conf.Positional[Path]
    """Folder of a store, or of a set."""
    out: Path
    """Of a set: folder of TFDS's data, which may hold others; of a store: a new one."""
    name: str = ""
    """Name of the set; by default that of the published set, or of the store's
    folder."""


@dataclass(frozen=True)
class CaptionsData:
    """Write pictures, captions and labels of TFDS's coco_captions, for features all."""

    source: tyro.conf.Positional[Path]
    """Folder of TFDS's data in which coco_captions was prepared."""
    out: Path
    """New folder: pictures/, and list.jsonl with picture, text and labels."""
    split: str = "train"
    """Which of train, val, test and restval, with + between several."""


@dataclass(frozen=True)
class NoiseData:
    """Say what each kind of label noise does to a dataset, and write noise files."""

    data: Annotated[Data, Flat] = field(default_factory=Data)
    kinds: tuple[NoiseKind, ...] = ("swap", "add", "drop", "flip", "confuse", "mistake")
    """Kinds of noise, as noise.kind of a run."""
    rates: tuple[float, ...] = (0.2, 0.5, 0.8)
    """Rates, as noise.rate of a run."""
    confusion: str = ""
    """Matrix for confuse, as noise.confusion of a run."""
    seed: Annotated[int, at_least(0)] = 0
    """Seed of what is drawn; a run of this seed sees the same labels."""
    out: Path | None = None
    """New folder to write a noise file to for each kind and rate: KIND_RATE.h5 with
    True, the clean training labels, and result, the noisy ones."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        for name in ("kinds", "rates"):
            require(bool(getattr(self, name)), name, "none", "at least one")
        for rate in self.rates:
            require(0 <= rate <= 1, "rates", rate, "numbers from 0 to 1")
        used = not self.confusion or "confuse" in self.kinds
        require(used, "confusion", self.confusion, "confuse among the kinds")
        published = "published" in self.kinds and self.data.name in NO_NOISE_FILE
        wanted = f"drawn kinds: {NO_NOISE_FILE.get(self.data.name)} has no noise file"
        require(not published, "kinds", "published", wanted)


def _check_mapping(image: str, text: str, labels: str) -> None:
    given = [name for name in (image, text, labels) if name]
    got = " and ".join(given) + " alone"
    require(len(given) in (0, 3), "image, text, labels", got, "all three, or none")


AnyData = (
    Annotated[ShowData, tyro.conf.subcommand("show", prefix_name=False)]
    | Annotated[InspectData, tyro.conf.subcommand("inspect", prefix_name=False)]
    | Annotated[ImportData, tyro.conf.subcommand("import", prefix_name=False)]
    | Annotated[VerifyData, tyro.conf.subcommand("verify", prefix_name=False)]
    | Annotated[TfdsData, tyro.conf.subcommand("tfds", prefix_name=False)]
    | Annotated[CaptionsData, tyro.conf.subcommand("captions", prefix_name=False)]
    | Annotated[NoiseData, tyro.conf.subcommand("noise", prefix_name=False)]
)
"""The options of any data command; the command line names it."""
