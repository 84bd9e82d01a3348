"""`scbch features images`: features of pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.cli.features import SourceOptions, read_source
from scbch_jax.config.constraints import at_least
from scbch_jax.config.data import MAX_PIXELS, PILLOW_MAX_PIXELS
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.features import Extractor, FeatureCache, Manifest, PretrainedFiles

NAMED = 10
"""Unreadable pictures that a message names."""


@dataclass(frozen=True, kw_only=True)
class ReadingOptions:
    """How pictures are read."""

    batch_size: Annotated[int, at_least(1, 4096)] = 16
    """Pictures per batch."""
    max_pixels: Annotated[int, at_least(1, PILLOW_MAX_PIXELS)] = MAX_PIXELS
    """Pixels of the largest picture that is read; a larger one counts as corrupt."""
    skip_corrupt: bool = False
    """Omit pictures that cannot be read, and report them; by default the command fails
    after all pictures were tried."""


OWN = ("vgg19", "descriptor")
"""Networks of pictures that this program has itself."""


@dataclass(frozen=True, kw_only=True)
class PrecisionOptions:
    """How pretrained networks compute."""

    mixed: bool = False
    """On a GPU, compute by PyTorch's autocast to bfloat16, which is faster and
    less exact; only for networks of Hugging Face."""


@dataclass(frozen=True, kw_only=True)
class PictureOptions(ReadingOptions, PrecisionOptions):
    """Options of the features of pictures."""

    network: str = "vgg19"
    """vgg19: output of fc7, 4,096 columns; descriptor: histograms of colors and edges,
    509 columns, without weights; or an image-text model or image encoder in the format
    of Hugging Face transformers: its folder, or OWNER/NAME or OWNER/NAME@REVISION,
    which is fetched."""
    weights: Path | None = None
    """VGG19's weights: torchvision's in a .pt, .pth or .safetensors file, or Keras's in
    an .h5 file."""


def check_weights(options: PictureOptions) -> None:
    """VGG19 needs weights; the descriptor has none, and other networks bring theirs.

    Raises:
        InputError: if weights are missing, or given for another network than VGG19.
    """
    own = options.network in OWN
    wanted = "full precision: --mixed is for networks of Hugging Face"
    require(not (own and options.mixed), "mixed", "True", wanted)
    if options.network == "vgg19":
        wanted = "a file of VGG19's weights, or --network descriptor, which has none"
        require(options.weights is not None, "weights", "none", wanted)
    else:
        descriptor = options.network == "descriptor"
        why = (
            "the descriptor has no weights" if descriptor else "they are in the folder"
        )
        wanted = f"none: {why}"
        require(options.weights is None, "weights", options.weights, wanted)


@dataclass(frozen=True, kw_only=True)
class FeaturesImages(PictureOptions, SourceOptions):
    """Compute features of pictures: VGG19, a descriptor, or a network such as CLIP."""

    out: Path = Path("pictures.npz")
    """File to write: image [n, width], names, the paths of the pictures, and
    image_extractor, the network with the checksum of its weights."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        check_weights(self)


class Extracted(NamedTuple):
    """Features of the pictures that could be read."""

    kept: list[int]
    """Their rows in the manifest."""
    skipped: list[str]
    """Names of the others."""
    cache: FeatureCache
    """Holds the features until they are written elsewhere."""

    def blocks(self, size: int = 1024) -> Iterator[np.ndarray]:
        """Features of the kept pictures in blocks, since all may exceed the memory."""
        for start in range(0, len(self.kept), size):
            yield self.cache.features[self.kept[start : start + size]]


def main(options: FeaturesImages) -> None:
    """Writes an npz file of features and of the names of their pictures."""
    io.require_writable("out", options.out, ".npz")
    manifest = read_source(options.source, options)
    require_pictures(manifest)
    extractor = open_network(options)
    partial = options.out.with_suffix(".partial")
    with extracted(manifest, extractor, options, partial) as found:
        names = np.array([manifest.samples[i].picture for i in found.kept])
        rows = found.cache.features[found.kept]
        made_by = np.array([extractor.name])
        io.write_npz(options.out, image=rows, names=names, image_extractor=made_by)
        found.cache.remove()
    console.output(f"{options.out}: image {rows.shape} by {extractor.name}")


def require_pictures(manifest: Manifest) -> None:
    """Raises `InputError` unless every sample has a picture."""
    lacking = [i for i, sample in enumerate(manifest.samples) if not sample.picture]
    got = f"{len(lacking)} rows without one, the first is row {[*lacking, 0][0]}"
    require(not lacking, "picture", got, "a picture in every row")


def open_network(options: PictureOptions) -> Extractor:
    """Opens the network that the options name.

    Raises:
        InputError: if its weights cannot be used.
    """
    from scbch_jax import features

    if options.network == "descriptor":
        return features.descriptor_extractor()
    if options.network == "vgg19":
        assert options.weights is not None
        return features.vgg19_extractor(options.weights)
    files = find_network(options.network, options)
    network = features.open_pretrained(files.name, files.folder)
    return features.pretrained_extractor(network)


def find_network(network: str, options: PrecisionOptions) -> PretrainedFiles:
    """Finds a pretrained network, or says that it is fetched and does so.

    Raises:
        InputError: if there is none.
    """
    from scbch_jax import features

    def report(name: str) -> None:
        console.log(f"network: fetching {name} from Hugging Face, unless it is there")

    return features.find_pretrained(network, mixed=options.mixed, on_fetch=report)


@contextlib.contextmanager
def extracted(
    manifest: Manifest, extractor: Extractor, options: ReadingOptions, folder: Path
) -> Iterator[Extracted]:
    """Features of a manifest's pictures; resumes an interrupted extraction.

    Args:
        manifest: of the pictures.
        extractor: the network.
        options: batch size, limit of pixels, and whether corrupt pictures are omitted.
        folder: of the cache, which is locked.

    Raises:
        InputError: for pictures that cannot be read, unless they are to be omitted; the
            features of the others stay in the cache.
        Interrupted: at SIGTERM.
    """
    from scbch_jax import features

    names = [sample.picture for sample in manifest.samples]
    paths = [manifest.folder / name for name in names]
    size = options.batch_size
    with features.open_cache(folder, names, extractor, batch_size=size) as cache:
        with (
            console.progress_bar("pictures", total=len(names)) as advance,
            console.stop_requested() as stop,
        ):
            unreadable = features.extract(
                paths,
                extractor,
                cache,
                max_pixels=options.max_pixels,
                on_batch=advance,
                stop=stop,
            )
        _report(list(unreadable.values()), options.skip_corrupt, folder)
        kept = [i for i in range(len(names)) if i not in unreadable]
        require(bool(kept), "pictures", "none that can be read", "at least one")
        yield Extracted(kept, [names[i] for i in unreadable], cache)


def _report(reasons: Sequence[str], skip: bool, folder: Path) -> None:
    """Reports the pictures that are skipped, or refuses them in one line."""
    if skip:
        for reason in reasons:
            console.log(f"skipped: {reason}")
        return
    short = [r.removeprefix("picture: got ").split(", wanted")[0] for r in reasons]
    more = f" and {len(short) - NAMED} more" if len(short) > NAMED else ""
    got = f"{len(short)} that cannot be read: {', '.join(short[:NAMED])}{more}"
    wanted = f"readable ones, or --skip-corrupt; the others are kept in {folder}"
    require(not short, "pictures", got, wanted)
