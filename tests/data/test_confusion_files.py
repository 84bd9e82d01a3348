"""A matrix of confusions from files in every format, and what is said of bad ones."""

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from scbch_jax import datasets
from scbch_jax.cli import program
from scbch_jax.config import Data, Noise, Planted
from scbch_jax.data import formats, label_noise
from scbch_jax.errors import InputError

MATRIX = np.array([[0, 1.5, 2], [4, 0, 0], [0, 0, 3]])
"""Not symmetric, so that its transpose differs."""


def by_npy(path):
    np.save(path.with_suffix(".npy"), MATRIX)
    return f"{path}.npy"


def by_npz(path):
    """Beside arrays of other shapes, which cannot be meant."""
    np.savez(path, confusion=MATRIX, classes=np.arange(3), n=np.eye(2))
    return f"{path}.npz"


def by_mat(path):
    matrix = scipy.sparse.csc_matrix(MATRIX)
    scipy.io.savemat(path.with_suffix(".mat"), {"a": matrix, "n": 3})
    return f"{path}.mat"


def by_mat73(path):
    with h5py.File(path.with_suffix(".mat"), "w", userblock_size=512) as file:
        file["a"] = MATRIX.T
        file["a"].attrs["MATLAB_class"] = np.bytes_("double")
    return f"{path}.mat"


def by_key(path):
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        file["set/first"], file["set/second"] = MATRIX.T, MATRIX
    return f"{path}.h5:second"


@pytest.mark.parametrize("write", [by_npy, by_npz, by_mat, by_mat73, by_key])
def test_every_format_gives_the_matrix(tmp_path, write):
    read = label_noise.read_confusion(write(tmp_path / "a"), classes=3)
    np.testing.assert_array_equal(read, MATRIX)
    assert read.dtype == np.float64


@pytest.mark.parametrize(
    ("arrays", "key", "message"),
    [
        ({"a": np.ones((3, 4))}, "", r"float64 of shape 3 x 4, wanted 3 x 3 numbers"),
        ({"a": np.eye(4)}, "", "of shape 4 x 4, wanted 3 x 3 numbers, a row and a col"),
        ({"a": np.float64(1)}, "", "of shape a single number, wanted 3 x 3"),
        ({"a": MATRIX + 1j}, "", "complex128 of shape 3 x 3, wanted 3 x 3 numbers"),
        ({"a": MATRIX.astype(str)}, "", "<U32 of shape 3 x 3, wanted 3 x 3 numbers"),
        ({"a": MATRIX, "b": MATRIX}, "", "which is .*:a, .*:b, wanted FILE:KEY of one"),
        ({"a": MATRIX, "b": np.eye(2)}, ":c", "wanted the name of an array: a"),
    ],
)
def test_what_is_no_such_matrix(tmp_path, arrays, key, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=f"confusion.*: got .*{message}") as caught:
        label_noise.read_confusion(f"{tmp_path}/a.npz{key}", classes=3)
    assert "\n" not in str(caught.value)


def test_complex_numbers_that_matlab_calls_double(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"a": MATRIX + 1j})
    with pytest.raises(InputError, match="got complex128 values, wanted 3 x 3"):
        label_noise.read_confusion(f"{tmp_path}/a.mat", classes=3)


SMALL = Planted(classes=3, train=200, queries=10, database=220)
WORDS = ["--planted.classes", "3", "--planted.train", "200", "--planted.database"]
WORDS += ["220", "--planted.queries", "10", "--kinds", "swap", "class-dependent"]


def test_a_run_draws_by_the_file(tmp_path):
    source, word = Data(planted=SMALL), by_npy(tmp_path / "a")
    clean = datasets.load(source).dataset.train.labels
    noise = Noise("class-dependent", 0.5, word)
    drawn = datasets.noisy_labels(source, noise, clean, seed=7)
    rng = np.random.default_rng(7)
    wanted = label_noise.swap_by_class(clean, rng, rate=0.5, confusion=MATRIX)
    np.testing.assert_array_equal(drawn, wanted)
    (said,) = datasets.noise_sources(source, noise).values()
    np.save(tmp_path / "a.npy", 2 * MATRIX)
    assert datasets.noise_sources(source, noise) != {"confusion": said}
    assert datasets.noise_sources(source, Noise("class-dependent")) == {}


def test_data_noise_draws_by_the_file(tmp_path, capsys):
    """Of one-hot labels by hand: swaps do not use the matrix."""
    words = ["data", "noise", *WORDS, "--rates", "0.5"]
    said = []
    for more in ([], ["--confusion", by_npy(tmp_path / "a")]):
        out = tmp_path / f"{len(said)}"
        assert program.main([*words, *more, "--out", str(out)]) == 0
        kinds = ("swap_0.5.h5", "class-dependent_0.5.h5")
        said.append([formats.read_array(out / kind, "result") for kind in kinds])
    (swap, confused), (same, other) = said
    np.testing.assert_array_equal(swap, same)
    assert (confused != other).any()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--confusion", "gone.npy"], "confusion: got gone.npy, wanted FILE or FILE:"),
        (["--confusion", "gone.npy:a"], "file: got gone.npy, wanted a file that exist"),
        (["--confusion", "bad.npy"], "confusion: got negative or NaN entries, wanted"),
        (["--kinds", "swap", "--confusion", "bad.npy"], "confusion: got bad.npy, want"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    np.save("bad.npy", -MATRIX)
    assert program.main(["data", "noise", *WORDS, *words, "--out", "noise"]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.npy"]
