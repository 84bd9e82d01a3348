import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from scbch_jax.data import formats
from scbch_jax.errors import InputError

ARRAY = np.arange(12, dtype=np.float32).reshape(4, 3)


def write_npz(path):
    np.savez(path, XAll=ARRAY)


def write_mat(path):
    scipy.io.savemat(path, {"XAll": ARRAY})


def write_sparse_mat(path):
    scipy.io.savemat(path, {"XAll": scipy.sparse.csc_matrix(ARRAY)})


def write_mat73(path):
    """MATLAB 7.3 is HDF5 with axes reversed and the class as an attribute."""
    with h5py.File(path, "w") as file:
        file["XAll"] = ARRAY.T
        file["XAll"].attrs["MATLAB_class"] = np.bytes_("single")


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file["XAll"] = ARRAY


WRITERS = [
    ("a.npz", write_npz),
    ("a.mat", write_mat),
    ("b.mat", write_sparse_mat),
    ("c.mat", write_mat73),
    ("a.h5", write_hdf5),
    ("a.h5py", write_hdf5),
]


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_every_format_gives_the_array(tmp_path, name, write):
    write(tmp_path / name)
    np.testing.assert_array_equal(formats.read_array(tmp_path / name, "XAll"), ARRAY)
    assert "XAll" in formats.array_names(tmp_path / name)


@pytest.mark.parametrize(("name", "write"), WRITERS)
@pytest.mark.parametrize("other", [".dat", ".npz", ".h5", ".mat", ".npy"])
def test_the_content_says_the_format_and_not_the_name(tmp_path, name, write, other):
    path = (tmp_path / name).with_suffix(other)
    write(tmp_path / name)
    (tmp_path / name).rename(path)
    np.testing.assert_array_equal(formats.read_array(path, "XAll"), ARRAY)
    (found,) = formats.find_arrays([path])
    np.testing.assert_array_equal(np.asarray(found.open()[:]), ARRAY)


@pytest.mark.parametrize(("name", "write"), WRITERS)
def test_a_wrong_key_names_what_is_there(tmp_path, name, write):
    write(tmp_path / name)
    with pytest.raises(InputError, match=r"key in .*: got XAll, wanted YAll"):
        formats.read_array(tmp_path / name, "YAll")


@pytest.mark.parametrize(("name", "write"), WRITERS)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_cut_short_is_one_line(tmp_path, name, write, share):
    path = tmp_path / name
    write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError) as caught:
        formats.read_array(path, "XAll")
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_npy_has_one_array(tmp_path):
    np.save(tmp_path / "a.npy", ARRAY)
    np.testing.assert_array_equal(formats.read_array(tmp_path / "a.npy", ""), ARRAY)


def test_nothing_read_can_run_code(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.save(tmp_path / "a.npy", np.array([Trap()], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="cannot be read"):
        formats.read_array(tmp_path / "a.npy", "")
    assert not (tmp_path / "sprung").exists()


def test_a_scale_beside_bytes_is_applied(tmp_path):
    features = np.array([[0, 2], [4, 255]], np.uint8)
    np.savez(tmp_path / "a.npz", features=features, scale=np.float32(0.5))
    read = formats.read_array(tmp_path / "a.npz", "features")
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, features * 0.5)


@pytest.mark.parametrize("name", ["gone.npz", "a.csv"])
def test_what_is_no_such_file(tmp_path, name):
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(InputError, match="file: got"):
        formats.read_array(tmp_path / name, "XAll")
