"""`scbch index build`: an index as a folder, of codes, features, or raw pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from scbch_jax.cli import console
from scbch_jax.cli.index import raw
from scbch_jax.cli.index.encoded import EncodedOptions, encoded_parts
from scbch_jax.cli.index.raw import RawOptions
from scbch_jax.cli.index.rows import read_rows
from scbch_jax.config.constraints import at_least
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.encoder import Encoder
    from scbch_jax.index.manifest import Manifest


@dataclass(frozen=True)
class IndexBuild(RawOptions, EncodedOptions):
    """Make an index: of pictures and texts that a trained run encodes, or of codes."""

    source: tyro.conf.Positional[Path]
    """Trained run, if pictures follow. Or packed codes that encode wrote, or of others:
    npz with image, text or both, uint8 [rows, bits / 8]; labels, classes, names and
    relaxed codes if they are known. With --run: features."""
    out: Path
    """New folder for the index."""
    pictures: tyro.conf.Positional[Path | None] = None
    """What the run encodes: a folder of pictures or a list, as features all takes; or a
    store, whose features need not be computed again."""
    text_model: Path | None = None
    """Folder of the text model, if it was moved since features all saved it."""
    relaxed: bool = False
    """Also keep relaxed codes of raw pictures and texts, by which search can rank, a
    byte for each bit."""
    copy_weights: bool = False
    """Copy the weights of the network that made the features into the index; otherwise
    it records where they are."""
    classes: tuple[str, ...] = ()
    """Names of the columns of the labels; by default those of the codes' file or the
    store, or 0, 1, 2 and so on."""
    first_id: Annotated[int, at_least(0)] = 0
    """Id of the first row. Indexes that are searched together as shards need ids that
    differ."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        EncodedOptions.__post_init__(self)
        both = f"{self.run} with pictures"
        wanted = "none: the first word is the run"
        require(not (self.pictures and self.run), "run", both, wanted)
        if self.encoding_run is None:
            for name in ("weights", "text_model", "relaxed", "copy_weights"):
                value, wanted = getattr(self, name), "none: codes need no encoder"
                require(not value, name, f"{value} with codes", wanted)

    @property
    def encoding_run(self) -> Path | None:
        """The run that encodes: the first word, if pictures follow."""
        return self.source if self.pictures else self.run


def main(options: IndexBuild) -> None:
    """Builds the index."""
    if options.pictures is None and options.run is None:
        made = _build_of_codes(options)
    elif options.pictures is not None and raw.is_raw(options.pictures):
        made = _build_of_pictures(options, options.pictures)
    else:
        made = _build_of_features(options)
    modalities = " and ".join(made.modalities)
    count = made.next_id - options.first_id
    console.output(f"{options.out}: {count} rows, {made.bits} bits, {modalities}")


def _build_of_codes(options: IndexBuild) -> "Manifest":
    from scbch_jax import index

    rows, encoder, classes = read_rows(options.source, options.rows)
    classes = options.classes or classes
    return index.build(
        options.out,
        rows,
        classes=classes,
        encoder=encoder,
        ids=range(options.first_id, options.first_id + rows.size),
        pictures=options.root,
    )


def _build_of_features(options: IndexBuild) -> "Manifest":
    from scbch_jax import index

    folder = options.source if options.pictures is None else options.pictures
    encoder = _encoder(options)
    with encoded_parts(options, folder, options.classes) as (source, how):
        return index.build_parts(
            options.out,
            source._replace(pictures=options.root),
            first_id=options.first_id,
            write_encoder=_writer(options, encoder),
            **how,
        )


def _build_of_pictures(options: IndexBuild, source: Path) -> "Manifest":
    from scbch_jax import index

    raw.check_unused(options)
    out, first = options.out, options.first_id
    new = not out.exists() or (out.is_dir() and not any(out.iterdir()))
    require(new, "out", f"{out}, which exists", "a new folder")
    manifest = raw.read_raw(options, source)
    encoder = _encoder(options)
    modalities = raw.modalities_of(manifest)
    _require_takes(encoder, modalities, options.source)
    rows, classes = raw.encode_raw(
        options,
        manifest,
        encoder,
        out.with_name(f"{out.name}.partial"),
        modalities=modalities,
        classes=options.classes or None,
        relaxed=options.relaxed,
    )
    return index.build(
        out,
        rows,
        classes=classes,
        encoder=encoder.id,
        ids=range(first, first + rows.size),
        pictures=manifest.folder,
        write_encoder=_writer(options, encoder),
    )


def _encoder(options: IndexBuild) -> "Encoder":
    from scbch_jax import encoder, runs

    assert options.encoding_run is not None
    run = runs.open_run(options.encoding_run, seed=options.seed)
    parts = {"weights": options.weights, "text_model": options.text_model}
    return encoder.encoder_of_run(run, **parts)


def _require_takes(encoder: "Encoder", modalities: Sequence[str], run: Path) -> None:
    """Raises `InputError` if what made the features of a modality is not at hand."""
    from scbch_jax import features

    options = {
        "image": ("weights", "--weights FILE"),
        "text": ("text_model", "--text-model FOLDER"),
    }
    for modality in modalities:
        field, wanted = options[modality]
        name = encoder.extractors.get(modality)
        if name and features.is_pretrained(name):
            field, wanted = "weights", "--weights FOLDER"
        if name is None:
            wanted = f"a run on a store of features all: {run} has no record of its own"
        else:
            wanted = f"{wanted}, of {name}"
        require(modality in encoder.takes, field, "none", wanted)


def _writer(options: IndexBuild, found: "Encoder") -> Any:
    """Writes the encoder into the index, if it takes anything but features."""
    from scbch_jax import encoder

    if not found.takes:
        return None
    copy = options.copy_weights
    return partial(encoder.write_encoder, encoder=found, copy_weights=copy)
