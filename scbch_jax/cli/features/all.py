"""`scbch features all`: a store of pictures, texts and labels to train on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from scbch_jax.cli.features import SourceOptions, images, read_source, texts
from scbch_jax.cli.features.images import Extracted, PictureOptions, check_weights
from scbch_jax.cli.features.texts import TextOptions
from scbch_jax.config.constraints import at_least
from scbch_jax.errors import require

if TYPE_CHECKING:
    from scbch_jax.data import Rows
    from scbch_jax.features import Manifest, Sample, TextModel


@dataclass(frozen=True, kw_only=True)
class FeaturesAll(PictureOptions, TextOptions, SourceOptions):
    """Compute features of pictures and texts, and write a store to train on."""

    out: Path
    """Folder of the store, a new one; its text model is saved in OUT.model."""
    queries: Annotated[int, at_least(0)] = 0
    """Size of the query set, which is drawn; 0: a tenth. The text model is not trained
    on its texts."""
    train: Annotated[int, at_least(0)] = 0
    """Size of the training set; 0: all rows that are no queries."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        SourceOptions.__post_init__(self)
        check_weights(self)


def main(options: FeaturesAll) -> None:
    """Writes the store and then the text model; resumes an interrupted call."""
    from scbch_jax import features
    from scbch_jax.cli import console

    partial = options.out.with_name(options.out.name + ".partial")
    model_folder = options.out.with_name(options.out.name + ".model")
    for folder in (options.out, model_folder):
        # Beside an unfinished cache they are of this command; see `_save` below.
        new = not folder.exists() or partial.is_dir()
        require(new, "out", f"{folder}, which exists", "a new folder")
    manifest = read_source(options.source, options)
    _check(manifest, options)
    extractor = images.open_network(options)
    with images.extracted(manifest, extractor, options, partial) as pictures:
        samples = [manifest.samples[i] for i in pictures.kept]
        rows = _split(len(samples), options)
        model = texts.train_text_model(_database_texts(samples, rows), options)
        unknown = texts.report_unknown(model, [sample.text for sample in samples])
        source = {
            "folder or list": str(options.source),
            "pictures": extractor.name,
            "texts": features.model_summary(model),
            "text model": {"sha256": features.model_sha256(model)},
            "texts without a known word": len(unknown),
            "skipped": pictures.skipped,
        }
        _require_same_model(model_folder, model)
        # The store first, since a link in its place can still be refused.
        _save_store(options, samples, pictures, rows, model, source)
        if not model_folder.exists():
            features.save_text_model(model_folder, model)
        pictures.cache.remove()
    parts = ", ".join(f"{len(part)} {name}" for name, part in rows._asdict().items())
    skipped = len(pictures.skipped)
    console.output(
        f"{options.out}: {len(samples)} rows ({parts})"
        + (f"; {skipped} pictures skipped" if skipped else "")
        + f"\n  pictures: {extractor.name}"
        f"\n  texts: {source['texts']}, saved in {model_folder}"
        f"\nnext: scbch train CONFIG --data.name store --data.root {options.out}"
    )


def _check(manifest: Manifest, options: FeaturesAll) -> None:
    """Everything that can be refused before a picture is read."""
    from scbch_jax import features

    samples = manifest.samples
    images.require_pictures(manifest)
    features.require_inside(manifest)
    texts.require_texts([sample.text for sample in samples])
    wanted = "labels: in a.labels beside a.jpg, as names of folders, or in a list"
    labeled = any(sample.labels for sample in samples)
    require(labeled, "labels", "no label in any row", wanted)
    rows = _split(len(samples), options)
    counted = _database_texts(samples, rows)
    features.build_vocabulary(counted, min_count=options.min_count)


def _split(samples: int, options: FeaturesAll) -> Rows:
    from scbch_jax import data

    queries = options.queries or max(1, samples // 10)
    train = options.train or max(1, samples - queries)
    return data.rows_drawn(samples, queries=queries, train=train, seed=options.seed)


def _database_texts(samples: list[Sample], rows: Rows) -> list[str]:
    """The texts of all but the queries, which are to be as new as later ones."""
    return [samples[i].text for i in rows.database]


def _require_same_model(folder: Path, model: TextModel) -> None:
    """Accepts a model that a killed call saved, if it is the same one."""
    from scbch_jax import features

    if folder.exists():
        saved = features.model_sha256(features.load_text_model(folder))
        same = saved == features.model_sha256(model)
        require(same, "out", f"{folder} of other texts or options", "a new folder")


def _save_store(
    options: FeaturesAll,
    samples: list[Sample],
    pictures: Extracted,
    rows: Rows,
    model: TextModel,
    source: dict[str, Any],
) -> None:
    """Writes the store, unless a call that was killed has written the same one."""
    from scbch_jax import features
    from scbch_jax.data import store

    split = f"random, seed {options.seed}"
    if options.out.exists():
        found = store.read(options.out)
        same = (found.source, found.split) == (source, split)
        parts = zip(found.rows, rows, strict=True)
        same = same and all(a.tolist() == b.tolist() for a, b in parts)
        require(same, "out", f"{options.out}, which exists", "a new folder")
        return
    labels, classes = features.multi_hot(samples)
    store.write(
        options.out,
        image=pictures.blocks(),
        text=features.text_features(model, [sample.text for sample in samples]),
        labels=labels,
        rows=rows,
        split=split,
        title=options.source.resolve().stem,
        source=source,
        classes=classes,
        words=features.column_names(model),
        lines=({"picture": s.picture, "text": s.text} for s in samples),
    )
