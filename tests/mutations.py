"""Ways to damage the files of a dataset that is laid out in some form."""

import layouts
import numpy as np


def cut_short(rng, folder, arrays, layout):
    layout.write(folder, arrays)
    files = sorted(p for p in folder.iterdir() if p.is_file())
    path = files[rng.integers(len(files))]
    whole = path.read_bytes()
    path.write_bytes(whole[: int(rng.random() * len(whole))])


def key_missing(rng, folder, arrays, layout):
    key = _any(rng, arrays)
    layout.write(folder, {k: a for k, a in arrays.items() if k != key})


def wrong_dtype(rng, folder, arrays, layout):
    """Numbers that float32 or the labels cannot have, or no real numbers at all."""
    key = _any(rng, arrays)
    changed = [arrays[key] + 0.25j, arrays[key].astype("f8") + 1e200]
    if layout.write in (layouts.write_npz, layouts.write_mat5, layouts.write_struct):
        changed.append(arrays[key].astype("U8"))
    layout.write(folder, arrays | {key: changed[rng.integers(len(changed))]})


def rows_missing(rng, folder, arrays, layout):
    key = _any(rng, arrays)
    fewer = rng.integers(1, len(arrays[key]))
    layout.write(folder, arrays | {key: arrays[key][fewer:]})


def nan(rng, folder, arrays, layout):
    key = _any(rng, arrays)
    changed = arrays[key].astype("f8")
    changed[rng.integers(len(changed)), rng.integers(changed.shape[1])] = rng.choice(
        [np.nan, np.inf, -np.inf]
    )
    layout.write(folder, arrays | {key: changed})


def other_label(rng, folder, arrays, layout):
    keys = [keys[2] for keys in layout.keys.values()]
    key = keys[rng.integers(len(keys))]
    changed = arrays[key].astype("i2")
    changed[rng.integers(len(changed)), rng.integers(changed.shape[1])] = rng.choice(
        [2, -1]
    )
    layout.write(folder, arrays | {key: changed})


def _any(rng, arrays):
    return list(arrays)[rng.integers(len(arrays))]


MUTATIONS = (cut_short, key_missing, wrong_dtype, rows_missing, nan, other_label)
