"""An experiment: data, noise, method, training; all that decides a run's numbers."""

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import tyro

from scbch_jax.config import dgcpn, nrch, scbch, ucch
from scbch_jax.config.constraints import (
    at_least,
    between,
    check_fields,
    multiple_of,
    seed_list,
)
from scbch_jax.config.planted import Planted
from scbch_jax.config.scenes import Scenes
from scbch_jax.errors import require


@dataclass(frozen=True)
class Data:
    """Where samples come from."""

    name: Literal[
        "planted", "scenes", "mirflickr", "nuswide", "coco", "iapr", "store"
    ] = "planted"
    """The benchmark, or a store that data import wrote; the package draws planted and
    scenes itself."""
    root: str = ""
    """Folder with the benchmark's files, or the store; if empty, the variable
    SCBCH_DATA names the benchmark's."""
    image: str = ""
    """File of image features in the root; if empty, the first of the known ones."""
    planted: Planted = field(default_factory=Planted)
    scenes: Scenes = field(default_factory=Scenes)

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "data.")
        if self.name == "store":
            require(bool(self.root), "data.root", "nothing", "the folder of a store")
            wanted = "none: a store has its own features"
            require(not self.image, "data.image", self.image, wanted)


NoiseKind = Literal[
    "none", "swap", "add", "drop", "flip", "confuse", "mistake", "published"
]


@dataclass(frozen=True)
class Noise:
    """What is wrong with the training labels."""

    kind: NoiseKind = "swap"
    """swap: one label of a hit row is replaced by another; add, drop: one more, one
    less; flip: every entry is turned over on its own; confuse: replaced by one that it
    is often seen with; mistake: by one that a weak classifier of the image would give;
    published: the benchmark's own noise file. All others are drawn from the run's
    seed."""
    rate: Annotated[float, between(0, 1)] = 0.5
    """Share of the training rows that are hit; of flip, share of the entries."""
    confusion: str = ""
    """For confuse: FILE or FILE:KEY of a matrix of your own, a row and a column for
    each class; labels are taken for others in proportion to the values of their row.
    If empty, how many training rows have both labels."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "noise.")
        used = not self.confusion or self.kind == "confuse"
        wanted = f"none with noise.kind {self.kind}: only confuse looks at it"
        require(used, "noise.confusion", self.confusion, wanted)


@dataclass(frozen=True)
class Training:
    """How long and how exactly to train."""

    epochs: Annotated[int, at_least(1)] = 50
    """E_m of Eq. 9."""
    batch_size: Annotated[int, at_least(2)] = 128
    """Rows per step; the last, shorter batch is used too, but not by UCCH."""
    score_every: Annotated[int, at_least(1)] = 1
    """Epochs between two scorings on the query set; the last epoch is always scored."""
    save_every: Annotated[int, at_least(1)] = 5
    """Epochs between two checkpoints; the last epoch is always saved."""
    precision: Literal["highest", "high", "default", "bfloat16"] = "highest"
    """Precision of matrix products: highest is float32; high and default may use fewer
    bits on accelerators; bfloat16 rounds the factors of layers and sums in float32."""
    moments: Literal["float32", "bfloat16"] = "float32"
    """How the optimizer's memory is kept; bfloat16 takes half the bytes."""
    features: Literal["device", "stream"] = "device"
    """Where training features are kept: on the device, or in the host's memory or on
    its disk, from where the next batches are fetched while others are trained."""
    data_devices: Annotated[int, at_least(1)] = 1
    """Devices that share the rows of each batch."""
    model_devices: Annotated[int, at_least(1)] = 1
    """Devices that share each weight and the optimizer's memory of it."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "training.")


Name = Literal["scbch", "ucch", "dgcpn", "nrch"]
"""Every method; the module of its name in this package declares Options and HParams."""

DECLARED = dict(zip(get_args(Name), (scbch, ucch, dgcpn, nrch), strict=True))

# The classes of all methods have one name, so the command line needs another to tell.
AnyOptions = (
    Annotated[scbch.Options, tyro.conf.subcommand("scbch")]
    | Annotated[ucch.Options, tyro.conf.subcommand("ucch")]
    | Annotated[dgcpn.Options, tyro.conf.subcommand("dgcpn")]
    | Annotated[nrch.Options, tyro.conf.subcommand("nrch")]
)
AnyHParams = (
    Annotated[scbch.HParams, tyro.conf.subcommand("scbch")]
    | Annotated[ucch.HParams, tyro.conf.subcommand("ucch")]
    | Annotated[dgcpn.HParams, tyro.conf.subcommand("dgcpn")]
    | Annotated[nrch.HParams, tyro.conf.subcommand("nrch")]
)


NO_NOISE_FILE = {
    "planted": "the planted set",
    "scenes": "the scenes set",
    "store": "a store",
}
"""Data that no published noise goes with, in words."""


@dataclass(frozen=True)
class Experiment:
    """All that decides the numbers of a run; everything else is derived."""

    data: Data = field(default_factory=Data)
    noise: Noise = field(default_factory=Noise)
    bits: Annotated[int, multiple_of(8)] = 64
    """Code length L."""
    method: Name = "scbch"
    """What to train; options and hparams are those of the same method."""
    options: AnyOptions = field(default_factory=scbch.Options)
    hparams: AnyHParams = field(default_factory=scbch.HParams)
    training: Training = field(default_factory=Training)
    seeds: Annotated[tuple[int, ...], seed_list()] = (0,)
    """Seeds of initial weights, batch order and drawn noise; one run for each."""

    def __post_init__(self) -> None:
        """Checks the fields, and those of the NamedTuple that cannot check itself."""
        check_fields(self)
        for part in ("options", "hparams"):
            theirs = type(getattr(self, part)).__module__.split(".")[-1]
            wanted = f"those of {self.method}, which is the method"
            require(theirs == self.method, part, f"those of {theirs}", wanted)
        check_fields(self.hparams, "hparams.")
        require(
            self.noise.kind != "published" or self.data.name not in NO_NOISE_FILE,
            "noise.kind",
            "published",
            f"swap or none: {NO_NOISE_FILE.get(self.data.name)} has no noise file",
        )


def defaults_of(method: Name) -> Experiment:
    """An experiment of the method, all else left at its default."""
    declared = DECLARED[method]
    return Experiment(
        method=method, options=declared.Options(), hparams=declared.HParams()
    )
