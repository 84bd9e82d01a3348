"""`scbch data tfds`: a store as a set for tensorflow-datasets, and back."""

from pathlib import Path

from scbch_jax.cli import console
from scbch_jax.cli.options.data_commands import TfdsData
from scbch_jax.data import Rows, store
from scbch_jax.data.tfds import prepared
from scbch_jax.errors import require


def main(options: TfdsData) -> None:
    """Writes the one from the other; says how it is used."""
    wanted = "the folder of a store, or of a set for tensorflow-datasets"
    require(options.source.is_dir(), "source", options.source, wanted)
    if (options.source / "store.json").is_file():
        _write_set(options)
    else:
        _write_store(options)


def _write_set(options: TfdsData) -> None:
    # Imported here: TFDS takes a while, and the other data commands do without it.
    from scbch_jax.data.tfds import convert

    rows = store.read(options.source).rows
    with console.counted("rows", total=sum(map(len, rows))) as advance:
        place = convert.write(
            options.source, options.out, name=options.name, on_rows=advance
        )
    _say_parts(place, rows)
    name = place.parent.relative_to(options.out).as_posix()
    places = f'"{name}", data_dir="{options.out}", split="train"'
    console.say(f"read it with tfds.data_source({places})")


def _write_store(options: TfdsData) -> None:
    from scbch_jax.data.tfds import builder, convert

    require(not options.name, "name", options.name, "none: a store has no name")
    got = f"{options.out}, which exists"
    require(not options.out.exists(), "out", got, "a new folder")
    opened = convert.open_set(prepared.find(options.source, builder.NAME))
    with console.counted("rows", total=len(opened.part)) as advance:
        convert.write_store(opened, options.out, on_rows=advance)
    _say_parts(options.out, opened.rows)
    console.say(f"train on it with --data.name store --data.root {options.out}")


def _say_parts(place: Path, rows: Rows) -> None:
    parts = ", ".join(f"{len(x):,} {name}" for name, x in rows._asdict().items())
    size = sum(path.stat().st_size for path in place.iterdir()) / 2**20
    console.say(f"{place}: {parts} rows, {size:,.1f} MiB")
