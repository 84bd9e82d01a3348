"""`scbch features images`: pictures to features."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scbch_jax import features
from scbch_jax.cli import console, npz_files, signals
from scbch_jax.cli.options.features import ByNetwork, FeaturesImages
from scbch_jax.errors import require
from scbch_jax.features import Extractor, FeatureCache, Manifest

NAMED = 10
"""Corrupt pictures that a message names."""


class Seen(NamedTuple):
    """Features of all pictures that could be read."""

    kept: list[int]
    """Their rows in the manifest."""
    skipped: list[str]
    """Names of the others."""
    place: FeatureCache
    """Where the features are until they are written elsewhere."""

    @property
    def rows(self) -> np.ndarray:
        """Features of the kept pictures."""
        return self.place.features[self.kept]


def main(options: FeaturesImages) -> None:
    """Writes an npz of features and the names of their pictures."""
    npz_files.require_target("out", options.out)
    manifest = features.read_manifest(options.source, npz_files.pairs(options.columns))
    extractor = open_network(options)
    seen = see(manifest, extractor, options, options.out.with_suffix(".partial"))
    names = np.array([manifest.samples[i].picture for i in seen.kept])
    npz_files.write(options.out, image=seen.rows, names=names)
    seen.place.remove()
    width = extractor.width
    console.say(f"{options.out}: image ({len(names)}, {width}) by {extractor.name}")


def open_network(options: ByNetwork) -> Extractor:
    """The network that was asked for.

    Raises:
        InputError: if its weights cannot be used.
    """
    if options.network == "descriptor":
        return features.descriptor()
    assert options.weights is not None
    return features.vgg19(options.weights)


def see(
    manifest: Manifest, extractor: Extractor, options: ByNetwork, folder: Path
) -> Seen:
    """Features of a manifest's pictures, gone on with where an earlier call ended.

    Args:
        manifest: whose pictures.
        extractor: the network.
        options: batch size, and what to do with pictures that cannot be read.
        folder: where features are while not all are there.

    Raises:
        InputError: for rows without a picture, and, unless they are to be skipped, for
            pictures that cannot be read; those that can are kept for the next call.
        Stopped: if asked to end.
    """
    names = [sample.picture for sample in manifest.samples]
    lacking = [i for i, name in enumerate(names) if not name]
    got = f"{len(lacking)} rows without one, the first is row {[*lacking, 0][0]}"
    require(not lacking, "picture", got, "a picture in every row")
    place = features.open_partial(
        folder, names, extractor, batch_size=options.batch_size
    )
    with (
        console.counted("pictures", total=len(names)) as advance,
        signals.asked_to_end() as stop,
    ):
        paths = [manifest.folder / name for name in names]
        lost = features.extract(paths, extractor, place, on_batch=advance, stop=stop)
    kept = [i for i in range(len(names)) if i not in lost]
    _report(list(lost.values()), options.skip_corrupt, folder)
    require(bool(kept), "pictures", "none that can be read", "one at least")
    return Seen(kept, [names[i] for i in lost], place)


def _report(reasons: Sequence[str], skip: bool, folder: Path) -> None:
    """Says aside which pictures are skipped, or refuses them in a line."""
    if skip:
        for reason in reasons:
            console.say(f"skipped: {reason}", aside=True)
        return
    plain = [r.removeprefix("picture: got ").split(", wanted")[0] for r in reasons]
    more = f" and {len(plain) - NAMED} more" if len(plain) > NAMED else ""
    got = f"{len(plain)} that cannot be read: {', '.join(plain[:NAMED])}{more}"
    wanted = f"whole ones, or --skip-corrupt; the others are kept in {folder}"
    require(not plain, "pictures", got, wanted)
