"""The index of the demo: its scenes, searched by words and pictures."""

import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scbch_jax import io
from scbch_jax.config.data import Scenes

if TYPE_CHECKING:
    from scbch_jax.datasets import Loaded
    from scbch_jax.encoder import Encoder
    from scbch_jax.index import Rows


def build(folder: Path, run: Path, scenes: Scenes, loaded: "Loaded") -> Path:
    """Makes the index of all scenes, and what it needs, unless it is there.

    Args:
        folder: of the demo; gets scenes/ with their pictures, scenes.model/ with the
            text model, and index/.
        run: whose hash networks make the codes.
        scenes: what was drawn.
        loaded: their features.

    Returns:
        The folder of the index.
    """
    from scbch_jax import encoder, index, runs
    from scbch_jax.datasets.scenes import generate
    from scbch_jax.features import save_text_model

    pictures, model, path = (
        folder / name for name in ("scenes", "scenes.model", "index")
    )
    if not model.exists():
        assert loaded.text_model is not None
        save_text_model(model, loaded.text_model)
    opened = runs.open_run(run)
    if path.exists() and index.Index(path).manifest.encoder == opened.id:
        return path
    drawn = generate.draw(scenes)
    if not pictures.exists():
        _write_pictures(pictures, drawn.pictures)
    found = encoder.encoder_of_run(opened, text_model=model)
    if path.exists():
        shutil.rmtree(path)
    index.build(
        path,
        _rows(found, loaded, drawn),
        classes=generate.NAMES,
        encoder=found.id,
        pictures=pictures,
        write_encoder=partial(encoder.write_encoder, encoder=found),
    )
    return path


def _write_pictures(folder: Path, pictures: Any) -> None:
    from scbch_jax.features import encode_png

    with io.new_folder(folder) as partial_folder:
        for row, pixels in enumerate(pictures):
            (partial_folder / _name(row)).write_bytes(encode_png(pixels))


def _rows(found: "Encoder", loaded: "Loaded", drawn: Any) -> "Rows":
    """Rows of all scenes, queries first, of the features that they were trained on."""
    import numpy as np

    from scbch_jax.index import Rows

    relaxed = {}
    for modality in ("image", "text"):
        parts = [getattr(loaded.dataset, x) for x in ("query", "database")]
        features = np.concatenate([getattr(part, modality) for part in parts])
        relaxed[modality] = found.networks.relaxed_codes(modality, features)
    codes = {m: np.packbits(rows > 0, axis=1) for m, rows in relaxed.items()}
    records: list[io.Record] = [
        {"name": _name(row), "picture": _name(row), "text": caption}
        for row, caption in enumerate(drawn.captions)
    ]
    return Rows(codes, drawn.labels.astype(np.uint8), records, relaxed)


def _name(row: int) -> str:
    return f"scene-{row:05}.png"
