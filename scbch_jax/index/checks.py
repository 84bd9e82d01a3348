"""What rows must be to go into an index: each check is one line for the user."""

from typing import Any

import numpy as np

from scbch_jax.errors import require
from scbch_jax.index.contents import find_name
from scbch_jax.index.manifest import Manifest
from scbch_jax.index.rank import RELAXED_WANTED, check_relaxed
from scbch_jax.index.segment import Rows, Segment


def check_arrays(rows: Rows) -> None:
    """Raises `InputError` unless codes are bytes and labels numbers, in matrices."""
    for modality, codes in rows.codes.items():
        ok = codes.ndim == 2 and codes.dtype == np.uint8 and codes.shape[1] > 0
        got = f"{codes.dtype} of shape {tuple(codes.shape)}"
        require(ok, modality, got, "packed codes: uint8 [rows, bits / 8]")
    if rows.labels is not None:
        ok = rows.labels.ndim == 2 and rows.labels.dtype.kind in "biuf"
        got = f"{rows.labels.dtype} of shape {tuple(rows.labels.shape)}"
        require(ok, "labels", got, "multi-hot labels: numbers [rows, classes]")
        finite = bool(np.isfinite(rows.labels).all())
        require(finite, "labels", "NaN or infinity", "multi-hot labels")


def check_rows(manifest: Manifest, rows: Rows) -> None:
    """Raises `InputError` if rows do not fit together, or do not fit an index."""
    check_arrays(rows)
    have, wanted = sorted(rows.codes), sorted(manifest.modalities)
    require(have == wanted, "codes", " and ".join(have), " and ".join(wanted))
    for modality, codes in rows.codes.items():
        got, bits = f"codes of {8 * codes.shape[1]} bits", manifest.bits
        require(8 * codes.shape[1] == bits, modality, got, f"{bits} as the index")
        require(len(codes) == rows.size, modality, f"{len(codes)} rows", f"{rows.size}")
    require(rows.size > 0, "codes", "no rows", "at least one")
    _check_relaxed(manifest, rows)
    labels = 0 if rows.labels is None else rows.labels.shape[1]
    wanted = f"{len(manifest.classes)} as the index"
    require(labels == len(manifest.classes), "labels", f"{labels} classes", wanted)
    for field in ("labels", "records"):
        values = getattr(rows, field)
        count = rows.size if values is None else len(values)
        require(count == rows.size, field, f"{count} rows", f"{rows.size} as the codes")


def _check_relaxed(manifest: Manifest, rows: Rows) -> None:
    """Raises `InputError` unless relaxed codes, if any, are as many as packed ones."""
    if rows.relaxed is None:
        return
    have, wanted = sorted(rows.relaxed), sorted(manifest.modalities)
    require(have == wanted, "relaxed", " and ".join(have), " and ".join(wanted))
    for modality, relaxed in rows.relaxed.items():
        field = f"relaxed_{modality}"
        check_relaxed(field, relaxed, rows=rows.size, bits=manifest.bits)


def with_relaxed_as(manifest: Manifest, rows: Rows) -> Rows:
    """The rows with relaxed codes if the index has them, and otherwise without."""
    lacks = manifest.relaxed and rows.relaxed is None
    require(not lacks, "relaxed", "codes without relaxed ones", RELAXED_WANTED)
    return rows if manifest.relaxed else rows._replace(relaxed=None)


def check_names(
    segments: list[Segment], removed: Any, records: Any, *, replace: bool = False
) -> list[int]:
    """Ids of the rows whose names are given again."""
    seen: set[str] = set()
    taken = []
    for name in (r["name"] for r in records or () if "name" in r):
        require(isinstance(name, str), "names", repr(name), "text")
        require(name not in seen, "names", f"{name} twice", "each name once")
        seen.add(name)
        found = find_name(segments, removed, name)
        if found is not None:
            wanted = "names that are not in the index (--replace replaces their rows)"
            require(replace, "names", name, wanted)
            taken.append(found)
    return taken


def require_encoder(path: object, manifest: Manifest, encoder: str) -> None:
    """Raises `InputError` if codes are of another encoder than those of the index."""
    got, wanted = encoder[:12] or "codes without one", manifest.encoder[:12] or "none"
    wanted = f"{wanted} as {path}: codes of the same trained run"
    require(encoder == manifest.encoder, "encoder", got, wanted)
