"""`scbch features all`: pictures, texts and labels to a store."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import data, features
from scbch_jax.cli import console, npz_files
from scbch_jax.cli.features import images, texts
from scbch_jax.cli.features.images import Seen
from scbch_jax.cli.options.features import FeaturesAll
from scbch_jax.data import Rows, store
from scbch_jax.errors import require
from scbch_jax.features import Extractor, Manifest, TextModel


def main(options: FeaturesAll) -> None:
    """Writes a store and the model of its texts."""
    model_folder = options.out.with_name(options.out.name + ".model")
    for folder in (options.out, model_folder):
        require(not folder.exists(), "out", f"{folder}, which exists", "a new folder")
    manifest = features.read_manifest(options.source, npz_files.pairs(options.columns))
    texts.require_texts([sample.text for sample in manifest.samples])
    labelled = any(sample.labels for sample in manifest.samples)
    wanted = "labels: in a.labels beside a.jpg, as names of folders, or in a list"
    require(labelled, "labels", "no label in any row", wanted)
    extractor = images.open_network(options)
    partial = options.out.with_name(options.out.name + ".partial")
    seen = images.see(manifest, extractor, options, partial)
    kept = Manifest(manifest.folder, [manifest.samples[i] for i in seen.kept])
    rows = _split(len(seen.kept), options)
    model = _learn(kept, rows, options)
    _write(options, kept, seen, rows, extractor, model)
    features.save_text_model(model_folder, model)
    seen.place.remove()
    console.say(_said(options.out, seen, rows, extractor, model))


def _split(samples: int, options: FeaturesAll) -> Rows:
    queries = options.queries or max(1, samples // 10)
    train = options.train or max(1, samples - queries)
    return data.rows_drawn(samples, queries=queries, train=train, seed=options.seed)


def _learn(kept: Manifest, rows: Rows, options: FeaturesAll) -> TextModel:
    """A model of the texts that are no queries: those are new to it, as later ones."""
    return texts.learn([kept.samples[i].text for i in rows.database], options)


def _write(
    options: FeaturesAll,
    kept: Manifest,
    seen: Seen,
    rows: Rows,
    extractor: Extractor,
    model: TextModel,
) -> None:
    labels, classes = features.multi_hot(kept.samples)
    raw_texts = [sample.text for sample in kept.samples]
    source = {
        "folder or list": str(options.source),
        "pictures": extractor.name,
        "texts": texts.describe(model),
        "skipped": seen.skipped,
    }
    store.write(
        options.out,
        image=_blocks(seen),
        text=features.text_features(model, raw_texts),
        labels=labels,
        rows=rows,
        split=f"random, seed {options.seed}",
        title=options.source.resolve().stem,
        source=source,
        classes=classes,
        words=features.column_names(model),
        lines=map(_line, kept.samples),
    )


def _blocks(seen: Seen, size: int = 1024) -> Iterator[np.ndarray]:
    """Features of the kept pictures, some at a time: there may be more than memory."""
    for start in range(0, len(seen.kept), size):
        yield seen.place.features[seen.kept[start : start + size]]


def _line(sample: features.Sample) -> dict[str, Any]:
    return {"picture": sample.picture, "text": sample.text}


def _said(
    out: Path, seen: Seen, rows: Rows, extractor: Extractor, model: TextModel
) -> str:
    parts = ", ".join(f"{len(part)} {name}" for name, part in rows._asdict().items())
    skipped = f"; {len(seen.skipped)} pictures skipped" if seen.skipped else ""
    return (
        f"{out}: {len(seen.kept)} rows ({parts}){skipped}\n"
        f"  pictures: {extractor.name}\n"
        f"  texts: {texts.describe(model)}, kept in {out}.model\n"
        f"next: scbch train CONFIG --data.name store --data.root {out}"
    )
