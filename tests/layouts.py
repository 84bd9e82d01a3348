"""Small files in exactly the layouts in which feature sets circulate."""

from collections.abc import Callable
from typing import NamedTuple

import h5py
import numpy as np
import scipy.io
import scipy.sparse


class Parts(NamedTuple):
    """Arrays to be written, by the name that each has in its files."""

    image: np.ndarray
    text: np.ndarray
    labels: np.ndarray


class Layout(NamedTuple):
    """How the arrays of a dataset are laid out in files."""

    keys: dict[str, tuple[str, str, str]]
    """Names of image, text and labels, by part: rows, or query, database and train."""
    write: Callable
    """Writes named arrays below a folder."""
    dtypes: tuple[str, str, str]
    sizes: tuple[int, int, int]
    """Columns of image, text and labels, as published."""


SAMPLES, QUERIES, TRAIN = 23, 4, 9

SCALE = 0.25
"""By which bytes of image features are multiplied."""


def draw(sizes, samples=SAMPLES, seed=0):
    """Features and labels; every row has a label, and a word of its bag of words."""
    rng = np.random.default_rng(seed)
    image, words, classes = sizes
    labels = rng.random((samples, classes)) < 0.3
    labels[np.arange(samples), rng.integers(classes, size=samples)] = True
    text = rng.random((samples, words)) < 0.3
    text[np.arange(samples), rng.integers(words, size=samples)] = True
    return Parts(rng.normal(size=(samples, image)), text, labels)


def arrays_of(layout, parts):
    """What the files hold: name to array, in the dtypes of the layout."""
    slices = {
        "query": slice(0, QUERIES),
        "database": slice(QUERIES, None),
        "train": slice(QUERIES, QUERIES + TRAIN),
        "rows": slice(None),
        "rows 1": slice(0, 15),
        "rows 2": slice(15, None),
    }
    parts = parts._replace(image=raw_images(layout, parts))
    return {
        key: array[slices[part]].astype(dtype)
        for part, keys in layout.keys.items()
        for key, array, dtype in zip(keys, parts, layout.dtypes, strict=True)
    }


def raw_images(layout, parts):
    """Image features as the file has them: some are bytes, with a scale."""
    return np.abs(parts.image * 20) if layout.dtypes[0] == "u1" else parts.image


def images_of(layout, parts):
    """Image features as a reader should have them."""
    images = raw_images(layout, parts).astype(layout.dtypes[0]).astype(np.float32)
    return images * np.float32(SCALE) if layout.dtypes[0] == "u1" else images


def write_hdf5(folder, arrays):
    """Plain HDF5, rows first."""
    with h5py.File(folder / "drawn.h5", "w") as file:
        for key, array in arrays.items():
            file[key] = array


def write_transposed(folder, arrays):
    """Plain HDF5 without the attribute of MATLAB, samples in columns."""
    write_hdf5(folder, {key: array.T for key, array in arrays.items()})


def write_nested(folder, arrays):
    """HDF5 with all arrays in a group."""
    write_hdf5(folder, {f"set/{key}": array for key, array in arrays.items()})


def write_mat73(folder, arrays):
    """MATLAB 7.3: HDF5 with axes reversed, and its class as an attribute."""
    with h5py.File(folder / "drawn.mat", "w", userblock_size=512) as file:
        for key, array in arrays.items():
            file[key] = array.T
            name = {"float64": "double", "float32": "single"}.get(str(array.dtype))
            file[key].attrs["MATLAB_class"] = np.bytes_(name or str(array.dtype))


def write_sparse73(folder, arrays):
    """MATLAB 7.3 with the tags sparse: values, their rows, where columns begin."""
    tags = "YAll"
    write_mat73(folder, {k: a for k, a in arrays.items() if k != tags})
    if tags not in arrays:
        return
    matrix = scipy.sparse.csc_matrix(arrays[tags])
    with h5py.File(folder / "drawn.mat", "a") as file:
        group = file.create_group(tags)
        group.attrs["MATLAB_sparse"] = np.uint64(matrix.shape[0])
        group.attrs["MATLAB_class"] = np.bytes_("double")
        group["data"], group["ir"], group["jc"] = (
            matrix.data,
            matrix.indices.astype(np.uint64),
            matrix.indptr.astype(np.uint64),
        )


def write_mat5(folder, arrays):
    """MATLAB 5, all in one file."""
    scipy.io.savemat(folder / "drawn.mat", arrays, do_compression=True)


def write_struct(folder, arrays):
    """MATLAB 5, all fields of one struct."""
    write_mat5(folder, {"set": arrays})


def write_mat5_each(folder, arrays):
    """MATLAB 5, a file for each array, tags sparse."""
    for i, (key, array) in enumerate(arrays.items()):
        if key.startswith("Y"):
            array = scipy.sparse.csc_matrix(array)
        scipy.io.savemat(folder / f"{i}.mat", {key: array})


def write_npz(folder, arrays):
    """One NumPy archive."""
    np.savez(folder / "drawn.npz", **arrays)


def write_bytes_beside_mat(folder, arrays):
    """Images as bytes with a scale, and the rows that they cover, in an archive."""
    others = {k: a for k, a in arrays.items() if k not in ("features", "row", "scale")}
    beside = {"row": np.arange(SAMPLES), "scale": np.float32(SCALE)}
    images = {k: a for k, a in arrays.items() if k not in others}
    np.savez(folder / "images.npz", **{**beside, **images})
    scipy.io.savemat(folder / "others.mat", others)


SPLIT = {
    "query": ("ImgQuery", "TagQuery", "LabQuery"),
    "database": ("ImgDataBase", "TagDataBase", "LabDataBase"),
    "train": ("ImgTrain", "TagTrain", "LabTrain"),
}
DJSRH = {
    "train": ("I_tr", "T_tr", "L_tr"),
    "query": ("I_te", "T_te", "L_te"),
    "database": ("I_db", "T_db", "L_db"),
}
ALL = {"rows": ("XAll", "YAll", "LAll")}
COCO = {
    "rows 1": ("train_imgs_deep", "train_text", "train_imgs_labels"),
    "rows 2": ("test_imgs_deep", "test_text", "test_imgs_labels"),
}
IAPR = {
    "rows 1": ("VDatabase", "YDatabase", "databaseL"),
    "rows 2": ("VTest", "YTest", "testL"),
}
FLICKR, NUS, TC10 = (4096, 1386, 24), (4096, 1000, 21), (4096, 1000, 10)

LAYOUTS = {
    "scbch split": Layout(SPLIT, write_hdf5, ("f8", "f8", "f8"), FLICKR),
    "scbch split, nus-wide": Layout(SPLIT, write_hdf5, ("f8", "f8", "f8"), NUS),
    "mirflickr": Layout(ALL, write_mat5_each, ("f4", "u1", "u1"), FLICKR),
    "mirflickr, 7.3": Layout(ALL, write_mat73, ("f4", "u1", "u1"), FLICKR),
    "nus-wide 21": Layout(ALL, write_mat73, ("f4", "f8", "f8"), NUS),
    "nus-wide 10": Layout(ALL, write_sparse73, ("f4", "f8", "u1"), TC10),
    "all, npz": Layout(ALL, write_npz, ("f4", "bool", "bool"), FLICKR),
    "all, in a group": Layout(ALL, write_nested, ("f4", "i4", "i8"), NUS),
    "all, in a struct": Layout(ALL, write_struct, ("f8", "u1", "u1"), NUS),
    "coco": Layout(COCO, write_hdf5, ("f4", "f4", "i8"), (4096, 300, 80)),
    "iapr": Layout(IAPR, write_mat5, ("f8", "u1", "u1"), (4096, 2912, 255)),
    "dcmh, one file": Layout(
        {"rows": ("images", "YAll", "LAll")}, write_hdf5, ("f4", "f4", "f4"), FLICKR
    ),
    "dcmh, three files": Layout(
        {"rows": ("IAll", "YAll", "LAll")}, write_mat5_each, ("f4", "f8", "u1"), FLICKR
    ),
    "images, tags, labels": Layout(
        {"rows": ("images", "texts", "labels")},
        write_mat5_each,
        ("f4", "u1", "u1"),
        TC10,
    ),
    "images, tags and labels, hdf5": Layout(
        {"rows": ("images", "tags", "labels")}, write_hdf5, ("f4", "i4", "i4"), FLICKR
    ),
    "djsrh": Layout(DJSRH, write_mat73, ("f8", "f8", "f8"), NUS),
    "djsrh, mat 5": Layout(DJSRH, write_mat5, ("f4", "f4", "u1"), FLICKR),
    "djsrh, transposed": Layout(DJSRH, write_transposed, ("f4", "f4", "u1"), FLICKR),
    "images of the first rows": Layout(
        {"rows": ("features", "YAll", "LAll")},
        write_bytes_beside_mat,
        ("u1", "u1", "u1"),
        (1280, 1386, 24),
    ),
}
"""Every layout by a name for messages; none of the names is in a file's name."""
