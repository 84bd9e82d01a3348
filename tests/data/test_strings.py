"""Texts, one a row, from every format of file; and those that a store keeps."""

import h5py
import layouts
import numpy as np
import pytest
import scipy.io
from layouts import LAYOUTS, QUERIES, TRAIN

from scbch_jax import datasets
from scbch_jax.cli import program
from scbch_jax.config import Data
from scbch_jax.data import formats, store
from scbch_jax.errors import InputError

TEXTS = ["a cat", "zwei Hüte", "", "👒 hat"]


def cells(rows):
    """A column of MATLAB cells; lists are cells in cells."""
    made = np.empty((len(rows), 1), object)
    for i, row in enumerate(rows):
        made[i, 0] = cells(row) if isinstance(row, list) else row
    return made


def by_npz(path):
    np.savez(path / "a.npz", a=np.array(TEXTS))


def by_bytes(path):
    np.savez(path / "a.npz", a=np.array([text.encode() for text in TEXTS]))


def by_mat(path):
    scipy.io.savemat(path / "a.mat", {"a": cells(TEXTS)})


def by_struct(path):
    scipy.io.savemat(path / "a.mat", {"set": {"a": cells(TEXTS)}})


def by_hdf5(path):
    with h5py.File(path / "a.h5", "w") as file:
        file["a"] = TEXTS


def by_parquet(path):
    reason = "no pyarrow to write .parquet with"
    arrow = pytest.importorskip("pyarrow", reason=reason)
    parquet = pytest.importorskip("pyarrow.parquet", reason=reason)
    parquet.write_table(arrow.table({"a": TEXTS}), path / "a.parquet")


def reference(file, text):
    """A cell of MATLAB 7.3: UTF-16 numbers, with two sizes where it is empty."""
    name = f"#refs#/{len(file['#refs#'])}" if "#refs#" in file else "#refs#/0"
    units = np.frombuffer(text.encode("utf-16-le"), "<u2")
    file[name] = units[:, None] if text else np.zeros(2, np.uint64)
    file[name].attrs["MATLAB_class"] = np.bytes_("char")
    if not text:
        file[name].attrs["MATLAB_empty"] = np.uint8(1)
    return file[name].ref


def by_mat73(path):
    with h5py.File(path / "a.mat", "w", userblock_size=512) as file:
        refs = [reference(file, text) for text in TEXTS]
        file.create_dataset("a", data=np.array([refs], h5py.ref_dtype))
        file["a"].attrs["MATLAB_class"] = np.bytes_("cell")


def only(path):
    """The one array of the one file of a folder."""
    (file,) = path.iterdir()
    (found,) = formats.find_arrays([file])
    return found


WRITERS = [by_npz, by_bytes, by_mat, by_struct, by_hdf5, by_parquet, by_mat73]


@pytest.mark.parametrize("write", WRITERS)
def test_every_format_gives_the_texts(tmp_path, write):
    write(tmp_path)
    assert formats.read_strings(only(tmp_path)) == TEXTS


def test_padded_rows_and_cells_in_cells(tmp_path):
    """A char matrix has spaces behind short rows; tags come as a cell a row."""
    scipy.io.savemat(tmp_path / "a.mat", {"a": np.array(["abc", "d"])})
    assert formats.read_strings(only(tmp_path)) == ["abc", "d"]
    tags = [["sky", "blue sea"], [], ["sun"]]
    scipy.io.savemat(tmp_path / "a.mat", {"a": cells(tags)})
    assert formats.read_strings(only(tmp_path)) == ["sky blue sea", "", "sun"]


@pytest.mark.parametrize(
    "array",
    [np.arange(3), np.array(["a", None], object), np.zeros(2, [("x", "f4")])],
)
def test_what_is_no_text_gives_none(tmp_path, array):
    np.savez(tmp_path / "a.npz", a=array)
    assert formats.read_strings(only(tmp_path)) == []


def test_cells_of_numbers_give_none(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"a": cells(["a", np.arange(2)])})
    assert formats.read_strings(only(tmp_path)) == []


def test_a_damaged_file_is_one_line(tmp_path):
    by_mat73(tmp_path)
    found = only(tmp_path)
    with h5py.File(found.path, "a") as file:
        file["a"][0, 1] = h5py.Reference()
    with pytest.raises(InputError, match=r"a.mat, which cannot be read"):
        formats.read_strings(found)


SIZES = ("--queries", str(QUERIES), "--train", str(TRAIN))
PICTURES = [f"im{row}.png" for row in range(layouts.SAMPLES)]
CAPTIONS = [f"picture {row}" for row in range(layouts.SAMPLES)]


def imported(folder, name, *words, **more):
    """A store of a small set with more arrays beside it."""
    layout = LAYOUTS[name]
    layout.write(folder, layouts.arrays_of(layout, layouts.draw((6, 5, 4))))
    np.savez(folder / "more.npz", **more)
    files = sorted(str(path) for path in folder.iterdir())
    command = ["data", "import", *files, "--out", str(folder / "s"), *words]
    assert program.main(command) == 0
    return folder / "s"


def test_a_store_keeps_file_names_and_captions(tmp_path, capsys):
    more = {"FAll": np.array(PICTURES), "captions": np.array(CAPTIONS)}
    folder = imported(tmp_path, "dcmh, three files", *SIZES, **more)
    rows = zip(PICTURES, CAPTIONS, strict=True)
    wanted = [{"picture": picture, "text": text} for picture, text in rows]
    assert list(store.read_lines(folder)) == wanted
    said = capsys.readouterr().out
    assert "FAll is kept as the picture of each row" in said
    assert "captions is kept as the text of each row" in said
    assert program.main(["data", "verify", str(folder)]) == 0


@pytest.mark.parametrize(
    ("name", "words", "names"),
    [
        ("all, npz", SIZES, PICTURES[1:]),
        ("all, npz", SIZES, np.arange(layouts.SAMPLES)),
        ("iapr", SIZES, PICTURES),
        ("djsrh", (), PICTURES),
    ],
)
def test_names_that_may_be_of_other_rows_are_left_out(tmp_path, name, words, names):
    """Too few, no names, or beside rows that come in several pieces."""
    folder = imported(tmp_path, name, *words, FAll=np.array(names))
    assert not list(store.read_lines(folder))


def test_captions_of_a_store_are_shown_queries_first(tmp_path):
    words = ["--split", "ucch", *SIZES]
    more = {"captions": np.array(CAPTIONS), "label_names": np.array(list("wxyz"))}
    folder = imported(tmp_path, "all, npz", *words, **more)
    display = datasets.display_data_of(Data("store", root=str(folder)))
    assert display.captions == [*CAPTIONS[-QUERIES:], *CAPTIONS[:-QUERIES]]
    assert (display.names, display.picture) == (list("wxyz"), None)
