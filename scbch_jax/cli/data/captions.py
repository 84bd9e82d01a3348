"""`scbch data captions`: TFDS's coco_captions as pictures and a list of them."""

from dataclasses import dataclass
from pathlib import Path

import tyro

from scbch_jax.cli import console


@dataclass(frozen=True)
class CaptionsData:
    """Write pictures, captions and labels of TFDS's coco_captions, for features all."""

    source: tyro.conf.Positional[Path]
    """TFDS's folder of datasets in which coco_captions was prepared."""
    out: Path
    """New folder: pictures/, and list.jsonl with picture, text and labels."""
    split: str = "train"
    """Which of train, val, test and restval, with + between several."""


def main(options: CaptionsData) -> None:
    """Writes a folder, and prints the command that reads it."""
    from scbch_jax import features

    captions = features.open_captions(options.source, options.split)
    total = len(captions.records)
    with (
        console.progress_bar("pictures", total=total) as advance,
        console.stop_requested() as stop,
    ):
        unlabeled = features.write_captions(
            captions, options.out, on_pictures=advance, stop=stop
        )
    classes = len(captions.classes)
    console.output(
        f"{options.out}: {total:,} pictures, {classes} classes, {unlabeled:,} no label"
    )
    console.output(f"next: scbch features all {options.out / 'list.jsonl'} --out STORE")
