"""`scbch data captions`: TFDS's coco_captions as pictures and a list of them."""

from scbch_jax.cli import console, signals
from scbch_jax.cli.options.data_commands import CaptionsData


def main(options: CaptionsData) -> None:
    """Writes a folder; says what is made of it next."""
    # Imported here: the other data commands do without networks.
    from scbch_jax import features

    captions = features.open_captions(options.source, options.split)
    total = len(captions.records)
    with (
        console.counted("pictures", total=total) as advance,
        signals.asked_to_end() as stop,
    ):
        unlabeled = features.write_captions(
            captions, options.out, on_pictures=advance, stop=stop
        )
    classes = len(captions.classes)
    console.say(
        f"{options.out}: {total:,} pictures, {classes} classes, {unlabeled:,} no label"
    )
    console.say(f"next: scbch features all {options.out / 'list.jsonl'} --out STORE")
