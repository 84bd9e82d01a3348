"""An experiment: data, label noise, method and training; all that decides results."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args

import tyro

from scbch_jax.config import (
    cirh,
    cmmq,
    cpah,
    dgcpn,
    dhrl,
    djsrh,
    ltcmh_like,
    mian,
    nrch,
    pip_like,
    robust,
    rshnl,
    scbch,
    ucch,
)
from scbch_jax.config.constraints import (
    at_least,
    between,
    check_fields,
    multiple_of,
    seed_list,
)
from scbch_jax.config.data import Planted, Scenes
from scbch_jax.errors import require


@dataclass(frozen=True)
class Data:
    """The dataset."""

    name: Literal[
        "planted", "scenes", "mirflickr", "nuswide", "coco", "iapr", "store"
    ] = "planted"
    """A benchmark, a store (the dataset folder that data import, among others,
    writes), or one of two synthetic sets: planted and scenes."""
    root: str = ""
    """Folder with the benchmark's files, or the store; by default the folder that the
    environment variable SCBCH_DATA names."""
    image: str = ""
    """File of image features in the root; by default the first with a known name."""
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
    "none",
    "swap",
    "add",
    "drop",
    "flip",
    "class-dependent",
    "instance-dependent",
    "published",
]
DRAWN_NOISE = tuple(k for k in get_args(NoiseKind) if k not in ("none", "published"))
"""Kinds of noise that are drawn from a seed."""


@dataclass(frozen=True)
class Noise:
    """Label noise in the training set."""

    kind: NoiseKind = "swap"
    """none: labels are left as they are. swap: one label of a corrupted row is replaced
    by another. add: one label is added. drop: one label is removed. flip: every entry
    is inverted independently of the others. class-dependent: one label is replaced by
    one that often occurs with it, or by a confusion matrix. instance-dependent: one
    label is replaced by one that a weak classifier of the images predicts. published:
    the labels are those of the benchmark's noise file. All but the last are drawn from
    the run's seed."""
    rate: Annotated[float, between(0, 1)] = 0.5
    """Share of corrupted training rows; with flip, share of flipped entries."""
    confusion: str = ""
    """For class-dependent: FILE or FILE:KEY of a confusion matrix, one row and one
    column for each class; a label is replaced by others in proportion to the values of
    its row. By default, how many training rows have both labels."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "noise.")
        used = not self.confusion or self.kind == "class-dependent"
        wanted = f"none with noise.kind {self.kind}: only class-dependent uses it"
        require(used, "noise.confusion", self.confusion, wanted)


@dataclass(frozen=True)
class Training:
    """Training schedule, precision and devices."""

    epochs: Annotated[int, at_least(1, 1_000_000)] = 50
    """Epochs to train: E_m of Eq. 9."""
    batch_size: Annotated[int, at_least(2)] = 128
    """Rows of a batch; a last, smaller batch is used by all methods except UCCH, DJSRH,
    MIAN, pip_like and ltcmh_like."""
    score_every: Annotated[int, at_least(1)] = 1
    """Epochs between two evaluations; the last epoch is always evaluated."""
    save_every: Annotated[int, at_least(1)] = 5
    """Epochs between two checkpoints; the last epoch is always saved."""
    hold_out: Annotated[int, at_least(0)] = 0
    """Training rows that are left out of training, to choose an epoch without the test
    queries: they search the other training rows, judged by their noisy labels. Results
    name the chosen epoch; the saved weights are those of the last epochs, not of the
    chosen one."""
    precision: Literal["highest", "high", "default", "bfloat16"] = "highest"
    """Precision of matrix products: highest is float32; high and default may use fewer
    bits on accelerators; bfloat16 rounds the inputs of layers and sums in float32."""
    moments: Literal["float32", "bfloat16"] = "float32"
    """Data type of the optimizer's state; bfloat16 takes half the memory."""
    features: Literal["device", "stream"] = "device"
    """Where training features are kept: on the device, or on the host (in memory or
    memory-mapped from disk), from where batches are prefetched."""
    data_devices: Annotated[int, at_least(1, 65536)] = 1
    """Devices that share the rows of each batch (data parallelism)."""
    model_devices: Annotated[int, at_least(1, 65536)] = 1
    """Devices that share each weight matrix and its optimizer state (tensor
    parallelism)."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self, "training.")


MethodName = Literal[
    "scbch",
    "ucch",
    "dgcpn",
    "dhrl",
    "djsrh",
    "cirh",
    "nrch",
    "rshnl",
    "mian",
    "cmmq",
    "cpah",
    "pip_like",
    "ltcmh_like",
    "robust",
]
"""Every method, by the name of its module of options in this package."""

METHOD_OPTIONS = {
    module.__name__.rpartition(".")[2]: module
    for module in (
        scbch,
        ucch,
        dgcpn,
        dhrl,
        djsrh,
        cirh,
        nrch,
        rshnl,
        mian,
        cmmq,
        cpah,
        pip_like,
        ltcmh_like,
        robust,
    )
}
"""Module with `Options` and `HParams` of each method."""


def original_of(method: str) -> str:
    """What a method is a reconstruction of; empty for other methods.

    A module of options says by `RECONSTRUCTION_OF` that its method is one.

    >>> original_of("pip_like")
    'PIP'
    """
    return getattr(METHOD_OPTIONS[method], "RECONSTRUCTION_OF", "")


def encoding_options(method: str, options: Any) -> dict[str, Any]:
    """Options that change the codes of given parameters, where not at their defaults.

    Most options only change the parameters. A module of options names the others in
    `ENCODING_OPTIONS`.

    >>> encoding_options("mian", mian.Options(image_noise="always"))
    {'image_noise': 'always'}
    """
    module = METHOD_OPTIONS[method]
    names = getattr(module, "ENCODING_OPTIONS", ())
    values = {name: getattr(options, name) for name in names}
    default = module.Options()
    return {n: value for n, value in values.items() if value != getattr(default, n)}


def footnotes(methods: Iterable[str]) -> list[str]:
    """What has to stand beside the numbers of methods that are reconstructions.

    >>> footnotes(["scbch", "pip_like", "pip_like"])
    ['pip_like: a reconstruction of PIP; not compared with an original implementation.']
    """
    originals = {method: original_of(method) for method in methods}
    return [
        f"{method}: a reconstruction of {original}; not compared with an original "
        "implementation."
        for method, original in originals.items()
        if original
    ]


# The classes of all methods have one name, so the command line needs another to tell.
AnyOptions = (
    Annotated[scbch.Options, tyro.conf.subcommand("scbch")]
    | Annotated[ucch.Options, tyro.conf.subcommand("ucch")]
    | Annotated[dgcpn.Options, tyro.conf.subcommand("dgcpn")]
    | Annotated[dhrl.Options, tyro.conf.subcommand("dhrl")]
    | Annotated[djsrh.Options, tyro.conf.subcommand("djsrh")]
    | Annotated[cirh.Options, tyro.conf.subcommand("cirh")]
    | Annotated[nrch.Options, tyro.conf.subcommand("nrch")]
    | Annotated[rshnl.Options, tyro.conf.subcommand("rshnl")]
    | Annotated[mian.Options, tyro.conf.subcommand("mian")]
    | Annotated[cmmq.Options, tyro.conf.subcommand("cmmq")]
    | Annotated[cpah.Options, tyro.conf.subcommand("cpah")]
    | Annotated[pip_like.Options, tyro.conf.subcommand("pip_like")]
    | Annotated[ltcmh_like.Options, tyro.conf.subcommand("ltcmh_like")]
    | Annotated[robust.Options, tyro.conf.subcommand("robust")]
)
AnyHParams = (
    Annotated[scbch.HParams, tyro.conf.subcommand("scbch")]
    | Annotated[ucch.HParams, tyro.conf.subcommand("ucch")]
    | Annotated[dgcpn.HParams, tyro.conf.subcommand("dgcpn")]
    | Annotated[dhrl.HParams, tyro.conf.subcommand("dhrl")]
    | Annotated[djsrh.HParams, tyro.conf.subcommand("djsrh")]
    | Annotated[cirh.HParams, tyro.conf.subcommand("cirh")]
    | Annotated[nrch.HParams, tyro.conf.subcommand("nrch")]
    | Annotated[rshnl.HParams, tyro.conf.subcommand("rshnl")]
    | Annotated[mian.HParams, tyro.conf.subcommand("mian")]
    | Annotated[cmmq.HParams, tyro.conf.subcommand("cmmq")]
    | Annotated[cpah.HParams, tyro.conf.subcommand("cpah")]
    | Annotated[pip_like.HParams, tyro.conf.subcommand("pip_like")]
    | Annotated[ltcmh_like.HParams, tyro.conf.subcommand("ltcmh_like")]
    | Annotated[robust.HParams, tyro.conf.subcommand("robust")]
)


NO_NOISE_FILE = {
    "planted": "the planted set",
    "scenes": "the scenes set",
    "store": "a store",
}
"""Data for which no noise file was published, in words."""


@dataclass(frozen=True)
class Experiment:
    """All that decides the results of a run; everything else is derived."""

    data: Data = field(default_factory=Data)
    noise: Noise = field(default_factory=Noise)
    bits: Annotated[int, multiple_of(8, 65536)] = 64
    """Code length L, in bits."""
    method: MethodName = "scbch"
    """Method to train; options and hparams are those of the same method."""
    options: AnyOptions = field(default_factory=scbch.Options)
    hparams: AnyHParams = field(default_factory=scbch.HParams)
    training: Training = field(default_factory=Training)
    seeds: Annotated[tuple[int, ...], seed_list()] = (0,)
    """Seeds of initial weights, batch order and drawn noise; one run for each."""

    def __post_init__(self) -> None:
        """Checks the fields, and those of the NamedTuple that cannot check itself."""
        check_fields(self)
        for part in ("options", "hparams"):
            declared = type(getattr(self, part)).__module__.split(".")[-1]
            wanted = f"those of the method, {self.method}"
            require(declared == self.method, part, f"those of {declared}", wanted)
        check_fields(self.hparams, "hparams.")
        require(
            self.noise.kind != "published" or self.data.name not in NO_NOISE_FILE,
            "noise.kind",
            "published",
            "a kind that is drawn, such as swap, or none: "
            f"{NO_NOISE_FILE.get(self.data.name)} has no noise file",
        )


def defaults_of(method: MethodName) -> Experiment:
    """An experiment of the method, all else left at its default."""
    declared = METHOD_OPTIONS[method]
    return Experiment(
        method=method, options=declared.Options(), hparams=declared.HParams()
    )
