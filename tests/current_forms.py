"""Small files in the forms of current users, by the names of their arrays."""

import layouts
import numpy as np
import scipy.io
from layouts import SAMPLES, Layout

SIZES = (6, 5, 4)

LISTED = "all_tags as 0 and 1"
"""Name of the bags of words that lists of tags make."""


def write_in_mat_files(folder, arrays):
    """MATLAB 5, each array in a file of its name, as the DCHMT code has it."""
    for key, array in arrays.items():
        scipy.io.savemat(folder / f"{key}.mat", {key: array})


def cells(texts):
    """A column of MATLAB cells, or a matrix of them."""
    array = np.empty(np.shape(texts), object)
    array[:] = texts
    return array if array.ndim == 2 else array[:, None]


def paths(samples=SAMPLES):
    """Paths of pictures."""
    return [f"mirflickr/im{i + 1}.jpg" for i in range(samples)]


def captions(samples=SAMPLES):
    """Five captions of each picture."""
    return [[f"picture {i}, caption {c}" for c in range(5)] for i in range(samples)]


def write_dchmt(folder, arrays, *, letters=False):
    """Captions and paths as cells, or as rows of letters, beside other arrays."""
    write_in_mat_files(folder, arrays)
    own = paths()
    index = np.array(own) if letters else cells(own)
    scipy.io.savemat(folder / "index.mat", {"index": index})
    scipy.io.savemat(folder / "caption.mat", {"caption": cells(captions())})


def write_letters(folder, arrays):
    """The same with paths as a matrix of letters."""
    write_dchmt(folder, arrays, letters=True)


def write_captions_in_lines(folder, arrays):
    """Captions a line a row of a text file, as the DCHMT code has NUS-WIDE's."""
    write_in_mat_files(folder, arrays)
    scipy.io.savemat(folder / "index.mat", {"index": cells(paths())})
    _write_lines(folder / "caption.txt", map(" ".join, captions()))


def write_dcmh_paths(folder, arrays):
    """Paths under the DCMH family's name, and no features of pictures."""
    layouts.write_mat5_each(folder, {**arrays, "FAll": cells(paths())})


def _write_lines(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))


def write_caption_lists(folder, arrays):
    """Lists of MS-COCO in the MITH code, with semicolons between captions."""
    labels = arrays["all_labels"].astype(int)
    _write_lines(folder / "all_imgs.txt", paths(len(labels)))
    _write_lines(folder / "all_txts.txt", map(";".join, captions(len(labels))))
    _write_lines(folder / "all_labels.txt", (" ".join(map(str, r)) for r in labels))


def write_lists(folder, arrays):
    """Lists in text files, as the MITH code has them."""
    tags, labels = arrays[LISTED], arrays["all_labels"]
    words = [f"tag{i}" for i in range(tags.shape[1])]
    own = [",".join(words[c] for c in np.flatnonzero(row)) for row in tags]
    lists = {"all_imgs": paths(len(labels)), "all_tags": own, "TagList": words}
    lists["all_labels"] = [" ".join(map(str, row)) for row in labels.astype(int)]
    for name, lines in lists.items():
        _write_lines(folder / f"{name}.txt", lines)


def write_parts(folder, arrays):
    """A file for each part, as a person converts three pickles."""
    for part in ("train", "query", "retrieval"):
        own = {k: a for k, a in arrays.items() if k.startswith(part)}
        np.savez(folder / f"{part}.npz", **own)


def write_npy_each(folder, arrays):
    """An .npy file for each array, named as the array."""
    for key, array in arrays.items():
        np.save(folder / f"{key}.npy", array)


def write_pair(folder, arrays):
    """A file of images and one of texts, with the same names and the labels in both."""
    texts = {"dataset_y": "data_set", "train_y": "train_data", "test_y": "test_data"}
    labels = {k: a for k, a in arrays.items() if k.endswith("_L")}
    images = {k: a for k, a in arrays.items() if k not in texts}
    own = {texts[k]: a for k, a in arrays.items() if k in texts}
    scipy.io.savemat(folder / "images.mat", images)
    scipy.io.savemat(folder / "texts.mat", own | labels)


def write_views(folder, arrays):
    """Cells of views: a third one after images and texts, and labels of each view."""
    names = {key.partition("{")[0]: 3 for key in arrays}
    found = {name: np.empty((1, views), object) for name, views in names.items()}
    for row in found.values():
        row[:] = [[np.ones((4, 2))] * 3]
    for name in names:
        for view in (1, 2):
            key = f"{name}{{{view}}}"
            if key in arrays:
                found[name][0, view - 1] = arrays[key]
            elif not name.endswith("labels"):
                found[name][0, view - 1] = np.empty((0, 0))
    scipy.io.savemat(folder / "drawn.mat", found)


def write_keyed(folder, arrays):
    """Features by CLIP and labels, each with keys in an order of its own."""
    keys = np.array([f"0{i % 2}/{i + 40}" for i in range(SAMPLES)])
    short = np.array([key[3:] for key in keys])
    texts = np.array([f"a picture {key}" for key in short])
    for seed, (name, more) in enumerate(
        {"images": "missing", "texts": "texts"}.items()
    ):
        order = np.random.default_rng(seed).permutation(SAMPLES)
        feats = arrays.get(f"feats of {name}")
        own = {"keys": short[order], more: texts[order]}
        if name == "images":
            # A picture that could not be read has zeros, and no labels here.
            own = {
                "keys": np.append(short[order], "39"),
                more: np.array([SAMPLES], "i4"),
            }
        if feats is not None:
            rows = feats[order[order < len(feats)]]
            blank = np.zeros_like(rows[:1])
            own["feats"] = np.concatenate([rows, blank]) if name == "images" else rows
        np.savez_compressed(folder / f"{name}.npz", **own)
    own = {
        "keys": cells(keys),
        "vocab255": cells([f"word{c}" for c in range(SIZES[2])]),
    }
    multi = {k: arrays[k] for k in ("Y_multi",) if k in arrays}
    scipy.io.savemat(folder / "labels.mat", own | multi)


F4 = ("f4", "f4", "u1")
PARTS = {
    "database": ("retrieval_image", "retrieval_text", "retrieval_label"),
    "train": ("train_image", "train_text", "train_label"),
    "query": ("query_image", "query_text", "query_label"),
}

HASHING = {
    "database": ("data_set", "dataset_y", "dataset_L"),
    "train": ("train_data", "train_y", "train_L"),
    "query": ("test_data", "test_y", "test_L"),
}

CURRENT = {
    "tall": Layout({"rows": ("IAll", "TAll", "LAll")}, write_in_mat_files, F4, SIZES),
    "category": Layout(
        {"rows": ("image", "text", "category")}, layouts.write_npz, F4, SIZES
    ),
    "mith with features": Layout(
        {"rows": ("image", "caption_one_hot", "label")}, write_dchmt, F4, SIZES
    ),
    "math with features": Layout(
        {"rows": ("image", "caption_one_hot", "label_t")}, write_letters, F4, SIZES
    ),
    "valid parts": Layout(
        {
            "rows 1": ("train_imgs_deep", "train_texts_doc", "train_imgs_labels"),
            "rows 2": ("test_imgs_deep", "test_texts_doc", "test_imgs_labels"),
        },
        layouts.write_hdf5,
        F4,
        SIZES,
    ),
    "parts of pickles": Layout(PARTS, write_parts, F4, SIZES),
    "daph": Layout(HASHING, layouts.write_hdf5, F4, SIZES),
    "uhscm, two files": Layout(HASHING, write_pair, F4, SIZES),
    "iapr by clip": Layout(
        {"rows": ("feats of images", "feats of texts", "Y_multi")},
        write_keyed,
        F4,
        SIZES,
    ),
    "x_i and x_t": Layout(
        {"rows": ("X_I", "X_T", "labels")}, write_npy_each, F4, SIZES
    ),
}
"""Forms with all features, by a name for messages."""

PAIRS = {
    "tr and te, fc7": ("fc7", "text", "label"),
    "tr and te, img": ("img", "text", "label"),
    "tr and te, img_lab": ("img", "txt", "img_lab"),
}
CURRENT |= {
    name: Layout(
        {"query": tuple(f"te_{k}" for k in keys), "db": tuple(f"tr_{k}" for k in keys)},
        layouts.write_mat5,
        F4,
        SIZES,
    )
    for name, keys in PAIRS.items()
}
CURRENT["cnn and bow"] = Layout(
    {
        "query": ("I_te_CNN", "T_te_BOW", "teImgCat"),
        "db": ("I_tr_CNN", "T_tr_BOW", "trImgCat"),
    },
    layouts.write_mat5,
    F4,
    SIZES,
)
CURRENT["dscmr"] = Layout(
    {
        "query": ("test_img", "test_txt", "test_img_lab"),
        "db": ("train_img", "train_txt", "train_img_lab"),
    },
    layouts.write_mat5_each,
    F4,
    SIZES,
)
CURRENT["cells of views"] = Layout(
    {
        "query": ("test{1}", "test{2}", "test_labels{1}"),
        "db": ("train{1}", "train{2}", "train_labels{1}"),
    },
    write_views,
    F4,
    SIZES,
)

WITHOUT_FEATURES = {
    "dchmt": Layout({"rows": ("", "", "category")}, write_dchmt, F4, SIZES),
    "dchmt, letters": Layout({"rows": ("", "", "category")}, write_letters, F4, SIZES),
    "mith": Layout({"rows": ("", "caption_one_hot", "label")}, write_dchmt, F4, SIZES),
    "math": Layout(
        {"rows": ("", "caption_one_hot", "label_t")}, write_dchmt, F4, SIZES
    ),
    "dchmt, lines": Layout(
        {"rows": ("", "", "category")}, write_captions_in_lines, F4, SIZES
    ),
    "dcmh, paths": Layout({"rows": ("", "YAll", "LAll")}, write_dcmh_paths, F4, SIZES),
    "caption lists": Layout(
        {"rows": ("", "", "all_labels")}, write_caption_lists, F4, SIZES
    ),
    "lists": Layout({"rows": ("", LISTED, "all_labels")}, write_lists, F4, SIZES),
}
"""Forms that lack features of pictures, or of texts, too."""
