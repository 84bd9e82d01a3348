"""`scbch data build`: a store from a benchmark's original downloads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from scbch_jax.cli.data import splitting
from scbch_jax.config.constraints import check_fields
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.data.archives import Match, Original
    from scbch_jax.data.importing import SplitDataset


@dataclass(frozen=True, kw_only=True)
class BuildData(splitting.SplitOptions):
    """Build a store from the original downloads of a benchmark.

    It has labels, texts and the path of each row's picture; --image adds features.
    """

    benchmark: tyro.conf.Positional[
        Literal["mirflickr", "nuswide", "nuswide-10", "coco", "iapr"]
    ]
    """Which benchmark."""
    source: Annotated[Path, tyro.conf.arg(name="from")]
    """Folder with the original files, or with several unpacked archives; ZIP and TGZ
    archives are read in place."""
    out: Path
    """Folder of the new store."""
    rows: Literal["published", "tagged", "labeled", "labelled"] = "published"
    """tagged: rows with a label and a tag; labeled, or labelled as in earlier versions:
    all with a label; published: as in most papers, tagged for mirflickr and nuswide,
    else labeled."""
    tag_order: Literal["dcmh", "listed"] = "dcmh"
    """Columns of MIRFlickr's tags: dcmh, as published; listed: of common_tags.txt."""
    image: str = ""
    """Features of the pictures, as FILE or FILE:KEY; features images writes such."""
    text: str = ""
    """Features of the texts, as FILE or FILE:KEY, in place of the original's tags."""
    against: tuple[Path, ...] = ()
    """Published files, with whose labels and texts the rows are matched."""
    title: str = ""
    """Title of the store; by default that of the benchmark."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        got = f"{self.tag_order} with {self.benchmark}"
        known = self.tag_order == "dcmh" or self.benchmark == "mirflickr"
        require(known, "tag-order", got, "mirflickr, the only one with two orders")
        require(self.split != "file", "split", "file", "another: originals have none")


def main(options: BuildData) -> None:
    """Reads, counts, matches and writes; says what was done."""
    from scbch_jax.cli import console
    from scbch_jax.data import archives, importing

    out = options.out
    require(not out.exists(), "out", f"{out}, which exists", "a new folder")
    original = archives.read(
        options.benchmark,
        options.source,
        rows="labeled" if options.rows == "labelled" else options.rows,
        tag_order=options.tag_order,
    )
    match = archives.match_files(original, options.against) if options.against else None
    if match:
        original = archives.in_published_columns(original, match)
    features = {
        field: archives.read_features(field, selector, original)
        for field, selector in (("image", options.image), ("text", options.text))
        if selector
    }
    dataset, rows = archives.aligned(original, **features)
    split = splitting.split_by_name(options, dataset)
    source = archives.source_of(original, options.source, match)
    for given in features.values():
        source |= given.made_by
    title = importing.write_store(
        split,
        out,
        source=source,
        title=options.title,
        lines=archives.row_lines(original, rows, match),
    )
    console.output(f"{title} from {options.source}")
    for line in _report(original, match, split, [original.ids[row] for row in rows]):
        console.output(line)
    if dataset.left_out:
        console.output(f"{dataset.left_out:,} rows without features are left out")
    for line in splitting.next_steps(out, dataset.widths, options.source):
        console.output(line)


def _report(
    original: Original, match: Match | None, split: SplitDataset, ids: list[str]
) -> list[str]:
    from scbch_jax.data import archives

    lines = list(archives.describe(original))
    if match:
        lines += archives.describe_match(match, original)
    parts = split.rows._asdict().items()
    lines += [archives.describe_part(name, rows, ids) for name, rows in parts]
    return [*lines, f"split: {split.split}"]
