"""Rows that `index build` and `index add` make of raw pictures and texts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from scbch_jax import io
from scbch_jax.cli import console
from scbch_jax.cli.features import ListOptions, read_source
from scbch_jax.cli.features.images import ReadingOptions, extracted, require_pictures
from scbch_jax.cli.features.texts import report_unknown
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.encoder import Encoder
    from scbch_jax.features import Manifest, Sample
    from scbch_jax.index import Rows

BLOCK = 2048
"""Rows that are encoded at once."""


@dataclass(frozen=True, kw_only=True)
class RawOptions(ReadingOptions, ListOptions):
    """How raw pictures and texts are read and encoded."""

    weights: Path | None = None
    """Weights of the network that made the features, if it has any: a file of VGG19's,
    or the folder of a pretrained network of pictures, texts or both, if that is no more
    where features all found it."""


class RawRows(NamedTuple):
    """Encoded pictures and texts."""

    rows: "Rows"
    classes: list[str]
    """Names of the columns of the labels."""


def is_raw(path: Path) -> bool:
    """Whether a source holds pictures or texts, and neither features nor codes."""
    from scbch_jax.features.manifest import LISTS

    features = any((path / name).is_file() for name in ("image.npy", "text.npy"))
    return path.suffix in LISTS or (path.is_dir() and not features)


def check_unused(options: RawOptions) -> None:
    """Refuses options that have no effect on raw pictures."""
    for name in ("rows", "workers", "scheduler"):
        value = getattr(options, name)
        wanted = "none: this option is for codes and features"
        require(not value, name, f"{value} with pictures", wanted)


def read_raw(options: RawOptions, source: Path) -> "Manifest":
    """Reads the names of pictures, texts and labels of a folder or list.

    Raises:
        InputError: if it cannot be used.
    """
    from scbch_jax import features

    manifest = read_source(source, options)
    features.require_inside(manifest)
    return manifest


def modalities_of(manifest: "Manifest") -> list[str]:
    """What the rows of a source have: image, text or both."""
    parts = {"image": "picture", "text": "text"}
    samples = manifest.samples
    found = [m for m, part in parts.items() if any(getattr(s, part) for s in samples)]
    require(bool(found), "source", "rows without picture and text", "either of them")
    return found


def encode_raw(
    options: RawOptions,
    manifest: "Manifest",
    encoder: "Encoder",
    cache: Path,
    *,
    modalities: Sequence[str],
    classes: Sequence[str] | None = None,
    relaxed: bool = False,
) -> RawRows:
    """Encodes the rows of a source; resumes an interrupted call.

    Args:
        options: how pictures are read.
        manifest: the source.
        encoder: of the index.
        cache: folder of the features of pictures, until all rows are encoded.
        modalities: that are encoded.
        classes: of the index; by default those of the source.
        relaxed: whether relaxed codes are kept.

    Raises:
        InputError: for pictures that cannot be read, unless they are to be omitted; if
            no text has a known word; if the encoder does not take a modality.
        Interrupted: at SIGTERM.
    """
    encoder.self_check(*modalities)
    encode = partial(_coded, encoder, modalities, classes, relaxed)
    if "image" not in modalities:
        return encode(manifest.samples, {})
    require_pictures(manifest)
    with extracted(manifest, encoder.extractor, options, cache) as found:
        samples = [manifest.samples[i] for i in found.kept]
        coded = encode(samples, {"image": found.blocks(BLOCK)})
        found.cache.remove()
    return coded


def _coded(
    encoder: "Encoder",
    modalities: Sequence[str],
    classes: Sequence[str] | None,
    keep_relaxed: bool,
    samples: "Sequence[Sample]",
    blocks: dict[str, Iterable[Any]],
) -> RawRows:
    """Rows of an index, from features in blocks."""
    import numpy as np

    from scbch_jax.index import Rows

    if "text" in modalities:
        texts = [sample.text for sample in samples]
        assert encoder.text_model is not None
        report_unknown(encoder.text_model, texts)
        starts = range(0, len(texts), BLOCK)
        parts = (encoder.text_features(texts[i : i + BLOCK]) for i in starts)
        blocks = {**blocks, "text": parts}
    relaxed = {
        m: np.concatenate([encoder.networks.relaxed_codes(m, block) for block in rows])
        for m, rows in blocks.items()
    }
    codes = {m: np.packbits(rows > 0, axis=1) for m, rows in relaxed.items()}
    labels, names = _labels(samples, classes)
    kept = relaxed if keep_relaxed else None
    return RawRows(Rows(codes, labels, records_of(samples), kept), names)


def _labels(
    samples: "Sequence[Sample]", classes: Sequence[str] | None
) -> tuple[Any, list[str]]:
    """Multi-hot labels, and the names of their columns; None if there are no classes.

    Labels that an index has not are left out, and reported.
    """
    import numpy as np

    from scbch_jax import features

    found, names = features.multi_hot(samples)
    if classes is None:
        return (found if names else None), names
    unknown = [name for name in names if name not in classes]
    if unknown:
        shown = ", ".join(unknown[:5]) + (" ..." if len(unknown) > 5 else "")
        count = console.counted(len(unknown), "label")
        console.log(f"labels: {count} left out that the index has not: {shown}")
    if not classes:
        return None, []
    column = {name: i for i, name in enumerate(names)}
    labels = np.zeros((len(samples), len(classes)), np.uint8)
    for target, name in enumerate(classes):
        if name in column:
            labels[:, target] = found[:, column[name]]
    return labels, list(classes)


def records_of(samples: "Sequence[Sample]") -> list[io.Record]:
    """Picture and text of each row, named by its picture if pictures are unique."""
    pictures = [sample.picture for sample in samples]
    named = all(pictures) and len(set(pictures)) == len(pictures)
    return [
        ({"name": s.picture} if named else {})
        | {k: v for k, v in (("picture", s.picture), ("text", s.text)) if v}
        for s in samples
    ]
