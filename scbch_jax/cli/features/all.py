"""`scbch features all`: a store of pictures, texts and labels to train on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from scbch_jax.cli.features import SourceOptions, images, read_source, texts
from scbch_jax.cli.features.images import Extracted, PictureOptions, check_weights
from scbch_jax.cli.features.texts import TextOptions
from scbch_jax.config.constraints import at_least
from scbch_jax.errors import require

if TYPE_CHECKING:
    import numpy as np

    from scbch_jax.data import Rows
    from scbch_jax.features import Extractor, Manifest, Sample, TextModel, TextNetwork


@dataclass(frozen=True, kw_only=True)
class FeaturesAll(PictureOptions, TextOptions, SourceOptions):
    """Compute features of pictures and texts, and write a store to train on."""

    out: Path
    """Folder of the store, a new one; a text model that is trained is saved in
    OUT.model."""
    queries: Annotated[int, at_least(0)] = 0
    """Size of the query set, which is drawn; 0: a tenth. The text model is not trained
    on its texts."""
    train: Annotated[int, at_least(0)] = 0
    """Size of the training set; 0: all rows that are not queries."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        super().__post_init__()
        SourceOptions.__post_init__(self)
        check_weights(self)


def main(options: FeaturesAll) -> None:
    """Writes the store and then the text model; resumes an interrupted call."""
    out = options.out
    partial, model_folder, text_cache = (
        out.with_name(out.name + ending)
        for ending in (".partial", ".model", ".texts.partial")
    )
    for folder in (out, model_folder):
        # Beside an unfinished cache they are of this command; see `_save_store` below.
        new = not folder.exists() or partial.is_dir()
        require(new, "out", f"{folder}, which exists", "a new folder")
    manifest = read_source(options.source, options)
    _check_samples(manifest)
    makers = _open_makers(options)
    _check_split(manifest.samples, options, makers)
    with images.extracted(manifest, makers.pictures, options, partial) as pictures:
        samples = [manifest.samples[i] for i in pictures.kept]
        rows = _split(len(samples), options)
        model = makers.texts or texts.train_text_model(
            _database_texts(samples, rows), options
        )
        words = [sample.text for sample in samples]
        unknown = texts.report_unknown(model, words)
        source = _source(options, makers, model) | {
            "texts without a known word": len(unknown),
            "skipped": pictures.skipped,
        }
        _require_same_model(model_folder, model)
        with texts.extracted(model, words, text_cache) as found:
            # The store first, since a link in its place can still be refused.
            _save_store(options, samples, pictures, rows, (model, found), source)
        _save_model(model_folder, model)
        pictures.cache.remove()
    _report(options, rows, source, model_folder if not makers.texts else None)


class Makers(NamedTuple):
    """What makes the features."""

    pictures: Extractor
    texts: TextNetwork | None = None
    """None if a model of the texts is trained."""
    network: dict[str, Any] | None = None
    """Record of the pretrained network, if it is one."""


def _open_makers(options: FeaturesAll) -> Makers:
    """Opens the network, once for both modalities if it has features of both."""
    from scbch_jax import features

    if options.network in images.OWN:
        wanted = "words or doc2vec: this network is one of pictures alone"
        require(options.kind != "network", "kind", "network", wanted)
        return Makers(images.open_network(options))
    files = images.find_network(options.network, options)
    network = features.open_pretrained(files.name, files.folder)
    if options.kind == "network":
        network.require("text")
    both = options.kind in (None, "network") and "text" in network.takes
    return Makers(
        features.pretrained_extractor(network),
        features.TextNetwork(files.name, files.folder) if both else None,
        features.describe_pretrained(files),
    )


def _source(options: FeaturesAll, makers: Makers, model: TextModel) -> dict[str, Any]:
    """What the store records of its origin."""
    from scbch_jax import features

    kind = "network" if makers.texts else "sha256"
    return {
        "folder or list": str(options.source),
        "pictures": makers.pictures.name,
        "texts": features.model_summary(model),
        "text model": {kind: features.model_id(model)},
        **({"network": makers.network} if makers.network else {}),
    }


def _report(
    options: FeaturesAll, rows: Rows, source: dict[str, Any], model: Path | None
) -> None:
    from scbch_jax.cli import console

    parts = ", ".join(f"{len(part)} {name}" for name, part in rows._asdict().items())
    count = len(rows.query) + len(rows.database)
    skipped = len(source["skipped"])
    console.output(
        f"{options.out}: {count} rows ({parts})"
        + (f"; {skipped} pictures skipped" if skipped else "")
        + f"\n  pictures: {source['pictures']}"
        f"\n  texts: {source['texts']}"
        + (f", saved in {model}" if model else "")
        + "\nnext: scbch train CONFIG --data.name store "
        f"--data.root {options.out} --noise.kind none"
    )


def _check_samples(manifest: Manifest) -> None:
    """What can be refused before the network is opened."""
    from scbch_jax import features

    samples = manifest.samples
    images.require_pictures(manifest)
    features.require_inside(manifest)
    texts.require_texts([sample.text for sample in samples])
    wanted = "labels: in a.labels beside a.jpg, as names of folders, or in a list"
    labeled = any(sample.labels for sample in samples)
    require(labeled, "labels", "no label in any row", wanted)


def _check_split(samples: list[Sample], options: FeaturesAll, makers: Makers) -> None:
    """What can be refused before a picture is read."""
    from scbch_jax import features

    counted = _database_texts(samples, _split(len(samples), options))
    if makers.texts is None:
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

    if folder.exists() and isinstance(model, features.SavedModel):
        saved = features.model_sha256(features.load_text_model(folder))
        same = saved == features.model_sha256(model)
        require(same, "out", f"{folder} of other texts or options", "a new folder")


def _save_model(folder: Path, model: TextModel) -> None:
    """Saves a model that was trained, unless a call that was killed has saved it."""
    from scbch_jax import features

    if isinstance(model, features.SavedModel) and not folder.exists():
        features.save_text_model(folder, model)


def _save_store(
    options: FeaturesAll,
    samples: list[Sample],
    pictures: Extracted,
    rows: Rows,
    made: tuple[TextModel, np.ndarray],
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
        text=made[1],
        labels=labels,
        rows=rows,
        split=split,
        title=options.source.resolve().stem,
        source=source,
        classes=classes,
        words=features.column_names(made[0]),
        lines=({"picture": s.picture, "text": s.text} for s in samples),
    )
