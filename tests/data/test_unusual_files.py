"""Files that are valid but unusual, and what is no array."""

import zipfile

import h5py
import layouts
import numpy as np
import pytest
import scipy.io

from scbch_jax.cli import program
from scbch_jax.data import formats, store
from scbch_jax.errors import InputError

PARTS = layouts.draw((6, 5, 4))
ARRAYS = {"XAll": PARTS.image, "YAll": PARTS.text, "LAll": PARTS.labels.astype("u1")}
SIZES = ["--queries", str(layouts.QUERIES), "--train", str(layouts.TRAIN)]


def swapped():
    """The same numbers, in the other byte order."""
    return {
        k: x.astype(np.dtype(d).newbyteorder(">"))
        for (k, x), d in zip(ARRAYS.items(), ("f8", "i2", "i8"), strict=True)
    }


def by_npz(folder):
    np.savez(folder / "a.npz", **swapped())


def by_npy(folder):
    for key, array in swapped().items():
        np.save(folder / f"{key}.npy", array)


def by_hdf5(folder):
    layouts.write_hdf5(folder, swapped())


def by_hdf5_in_chunks(folder):
    with h5py.File(folder / "a.h5", "w") as file:
        for key, array in ARRAYS.items():
            file.create_dataset(key, data=array, chunks=True, compression="gzip")


def by_hdf5_beside_others(folder):
    """A single number, a row of numbers, nothing at all, and words."""
    layouts.write_hdf5(folder, ARRAYS)
    with h5py.File(folder / "drawn.h5", "a") as file:
        file["number"], file["ids"], file["words"] = 3.5, np.arange(23), ["a", "b"]
        file["nothing"] = h5py.Empty("f4")
        file["reversed"] = 3.5
        file["reversed"].attrs["MATLAB_class"] = np.bytes_("double")


def by_matlab_beside_empty(folder):
    layouts.write_mat73(folder, {k: x.astype("f8") for k, x in ARRAYS.items()})
    with h5py.File(folder / "drawn.mat", "a") as file:
        file["empty"] = np.array([0, 6], np.uint64)
        file["empty"].attrs["MATLAB_class"] = np.bytes_("double")
        file["empty"].attrs["MATLAB_empty"] = np.uint8(1)


def by_matlab_4(folder):
    scipy.io.savemat(folder / "a.mat", ARRAYS, format="4")


def by_archive_with_a_readme(folder):
    np.savez(folder / "a.npz", **ARRAYS)
    with zipfile.ZipFile(folder / "a.npz", "a") as archive:
        archive.writestr("readme.txt", "mine")


@pytest.mark.parametrize(
    "write",
    [
        by_npz,
        by_npy,
        by_hdf5,
        by_hdf5_in_chunks,
        by_hdf5_beside_others,
        by_matlab_beside_empty,
        by_matlab_4,
        by_archive_with_a_readme,
    ],
)
def test_unusual_files_give_the_same_numbers(tmp_path, capsys, write):
    write(tmp_path)
    paths = sorted(map(str, tmp_path.iterdir()))
    assert program.main(["data", "inspect", *paths]) == 0
    assert "23 rows; image features of 6 columns" in capsys.readouterr().out
    out = ["--out", str(tmp_path / "s")]
    assert program.main(["data", "import", *paths, *SIZES, *out]) == 0
    found = store.read(tmp_path / "s")
    np.testing.assert_array_equal(found.image, PARTS.image.astype(np.float32))
    np.testing.assert_array_equal(found.text, PARTS.text)
    np.testing.assert_array_equal(found.labels, PARTS.labels)


def test_an_array_whose_header_is_utf_8_is_listed(tmp_path):
    """Version 3.0 of NumPy's format: for names of fields that are not Latin-1."""
    array = np.zeros(2, [("Ω", "f4")])
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, array, version=(3, 0))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.write(tmp_path / "a.npy", "a.npy")
    for path in tmp_path.iterdir():
        (found,) = formats.find_arrays([path])
        assert (found.key, found.shape, found.numeric) == ("a", (2,), False)


def test_rows_that_were_never_written_are_refused(tmp_path):
    """Reading ten billion of them would take days."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("XAll", (10**10, 4), "f4", chunks=(1024, 4))
    message = r"XAll in .*: got shape \(10000000000, 4\) in a file of .* bytes"
    with pytest.raises(InputError, match=message):
        formats.find_arrays([tmp_path / "a.h5"])


def test_what_is_beside_the_arrays_is_named(tmp_path):
    by_hdf5_beside_others(tmp_path)
    by_matlab_beside_empty(tmp_path)
    paths = sorted(tmp_path.iterdir())
    kinds = {array.key: array.kind for array in formats.find_arrays(paths)}
    assert (kinds["words"], kinds["nothing"], kinds["empty"]) == (
        "text",
        "empty",
        "empty",
    )
    assert (kinds["number"], kinds["ids"]) == ("float64", "int64")


def test_an_archive_that_is_none_is_not_taken_for_a_pickle(tmp_path):
    """NumPy's own words tell how to run it."""
    for content in (b"\x80\x04.", b"", b"PK\x03\x04"):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(
            InputError, match="a.npz, which cannot be read .no complete archi"
        ):
            formats.array_names(tmp_path / "a.npz")
        with pytest.raises(
            InputError, match="a.npz, which cannot be read .no complete archi"
        ):
            formats.read_array(tmp_path / "a.npz", "XAll")
