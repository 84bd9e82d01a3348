"""Small files in the forms of current users, by the names of their arrays."""

import layouts
import numpy as np
import scipy.io
from layouts import SAMPLES, Layout

SIZES = (6, 5, 4)


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


def write_lists(folder, arrays):
    """Lists in text files, as the MITH code has them."""
    tags, labels = arrays["all_tags as 0 and 1"], arrays["all_labels"]
    words = [f"tag{i}" for i in range(tags.shape[1])]
    own = [",".join(words[c] for c in np.flatnonzero(row)) for row in tags]
    lists = {"all_imgs": paths(len(labels)), "all_tags": own, "TagList": words}
    lists["all_labels"] = [" ".join(map(str, row)) for row in labels.astype(int)]
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))


def write_parts(folder, arrays):
    """A file for each part, as a person converts three pickles."""
    for part in ("train", "query", "retrieval"):
        own = {k: a for k, a in arrays.items() if k.startswith(part)}
        np.savez(folder / f"{part}.npz", **own)


F4 = ("f4", "f4", "u1")
PARTS = {
    "database": ("retrieval_image", "retrieval_text", "retrieval_label"),
    "train": ("train_image", "train_text", "train_label"),
    "query": ("query_image", "query_text", "query_label"),
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

WITHOUT_FEATURES = {
    "dchmt": Layout({"rows": ("", "", "category")}, write_dchmt, F4, SIZES),
    "dchmt, letters": Layout({"rows": ("", "", "category")}, write_letters, F4, SIZES),
    "mith": Layout({"rows": ("", "caption_one_hot", "label")}, write_dchmt, F4, SIZES),
    "math": Layout(
        {"rows": ("", "caption_one_hot", "label_t")}, write_dchmt, F4, SIZES
    ),
    "lists": Layout(
        {"rows": ("", "all_tags as 0 and 1", "all_labels")}, write_lists, F4, SIZES
    ),
}
"""Forms that lack features of pictures, or of texts, too."""
