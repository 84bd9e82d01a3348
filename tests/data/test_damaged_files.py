"""Damaged files end in one clear line, or change nothing; never in wrong data."""

import layouts
import numpy as np
import pytest
from layouts import LAYOUTS, QUERIES, TRAIN
from mutations import MUTATIONS

from scbch_jax.cli.data import import_
from scbch_jax.data import store
from scbch_jax.errors import InputError

SMALL = (6, 5, 4)


def run(folder, capsys):
    """Imports a folder: nothing, and the line that was said, or the store."""
    files = tuple(sorted(p for p in folder.iterdir() if p.is_file()))
    options = import_.ImportData(
        files=files, out=folder / "s", queries=QUERIES, train=TRAIN
    )
    try:
        import_.main(options)
    except InputError as error:
        said = str(error)
    else:
        return store.read(folder / "s"), ""
    assert "\n" not in said
    assert capsys.readouterr().out == ""
    assert not (folder / "s").exists()
    return None, said


def check(name, seed, tmp_path, capsys):
    """One mutation; the line that it ended in, or nothing where it changed nothing."""
    rng = np.random.default_rng(seed)
    layout = LAYOUTS[name]
    parts = layouts.draw(SMALL, seed=seed)
    arrays = layouts.arrays_of(layout, parts)
    folder = tmp_path / f"{seed}"
    folder.mkdir()
    mutate = MUTATIONS[seed % len(MUTATIONS)]
    mutate(rng, folder, arrays, layout)
    found, said = run(folder, capsys)
    if found is None:
        return said
    what = f"{name}, {mutate.__name__}, seed {seed}"
    image = layouts.images_of(layout, parts)
    np.testing.assert_array_equal(found.image, image, err_msg=what)
    np.testing.assert_array_equal(found.text, parts.text, err_msg=what)
    np.testing.assert_array_equal(found.labels, parts.labels, err_msg=what)
    assert list(found.rows.query) == list(range(QUERIES)), what
    return ""


# Layouts that differ from another in their sizes alone are damaged once.
NAMES = [n for n in LAYOUTS if n not in ("scbch split, nus-wide", "mirflickr, 7.3")]


@pytest.mark.parametrize("name", NAMES)
def test_damaged_files_end_in_one_line(tmp_path, capsys, name):
    said = [check(name, seed, tmp_path, capsys) for seed in range(10)]
    assert sum(map(bool, said)) >= 7, said


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("name", NAMES)
def test_two_hundred_damaged_files_end_in_one_line(tmp_path, capsys, name):
    said = [check(name, seed, tmp_path, capsys) for seed in range(10, 210)]
    assert sum(map(bool, said)) >= 150, said
