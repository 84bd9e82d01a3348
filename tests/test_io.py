import numpy as np
import pytest

from scbch_jax import io
from scbch_jax.errors import InputError


def test_arrays_are_written_and_replaced(tmp_path):
    path = tmp_path / "a.npz"
    for rows in (3, 2):
        io.write_npz(path, a=np.arange(rows), b=np.ones((rows, 2)))
        with np.load(path) as found:
            np.testing.assert_array_equal(found["a"], np.arange(rows))
            np.testing.assert_array_equal(found["b"], np.ones((rows, 2)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


def test_what_a_killed_process_left_is_overwritten(tmp_path):
    (tmp_path / ".a.txt.partial").write_text("a longer text of before")
    io.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_locked_folder_is_for_one_process(tmp_path):
    folder = tmp_path / "new" / "folder"
    with io.locked_folder(folder):
        assert folder.is_dir()
        message = "cannot write .*folder: another process is writing it"
        with pytest.raises(InputError, match=message), io.locked_folder(folder):
            pass
    with io.locked_folder(folder):
        pass
