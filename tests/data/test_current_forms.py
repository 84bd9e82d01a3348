"""Recent layouts of files: recognized, read rightly, or refused in one line."""

import pickle
import subprocess
import sys

import current_forms as forms
import layouts
import numpy as np
import pytest
import scipy.io
from command_line import error_line
from current_forms import CURRENT, WITHOUT_FEATURES
from layouts import QUERIES, SAMPLES, TRAIN
from mutations import MUTATIONS

from scbch_jax.cli.data import import_
from scbch_jax.data import label_noise, store
from scbch_jax.data.formats import find_arrays
from scbch_jax.errors import InputError

EVERY = CURRENT | WITHOUT_FEATURES


def parts_of(layout, seed=0):
    """Drawn features and labels, and the arrays of a form's files."""
    parts = layouts.draw(forms.SIZES, seed=seed)
    keys = {name.replace("db", "database"): k for name, k in layout.keys.items()}
    named = layouts.arrays_of(layout._replace(keys=keys), parts)
    return parts, {key: array for key, array in named.items() if key}


def imported(folder, *, split="auto", out="s"):
    files = tuple(sorted(p for p in folder.iterdir() if p.is_file()))
    sizes = {"queries": QUERIES, "train": TRAIN}
    import_.main(
        import_.ImportData(files=files, out=folder / out, split=split, **sizes)
    )
    return store.read(folder / out, partial=True)


def require_right(found, layout, parts):
    """All rows as drawn; features that the form lacks are lacking."""
    lacks = next(iter(layout.keys.values()))
    np.testing.assert_array_equal(found.labels, parts.labels)
    for key, modality in zip(lacks, ("image", "text"), strict=False):
        wanted = getattr(parts, modality).astype(np.float32)
        wanted = wanted if key else wanted[:, :0]
        np.testing.assert_array_equal(getattr(found, modality), wanted)


@pytest.mark.parametrize("name", EVERY)
def test_every_form_is_recognized_and_read(tmp_path, name):
    layout = EVERY[name]
    parts, arrays = parts_of(layout)
    layout.write(tmp_path, arrays)
    found = imported(tmp_path)
    require_right(found, layout, parts)
    assert found.rows.query.tolist() == list(range(QUERIES))
    if "db" in layout.keys:
        assert found.split == "file: the training set is the database"
        assert found.rows.train.tolist() == list(range(QUERIES, SAMPLES))


@pytest.mark.parametrize(
    "name", ["dchmt", "dchmt, letters", "dchmt, lines", "math with features"]
)
def test_paths_and_all_captions_are_kept(tmp_path, name):
    _, arrays = parts_of(EVERY[name])
    EVERY[name].write(tmp_path, arrays)
    imported(tmp_path)
    line = store.read_lines(tmp_path / "s")[3]
    texts = " ".join(f"picture 3, caption {c}" for c in range(5))
    assert line == {"picture": "mirflickr/im4.jpg", "text": texts}


def test_words_of_a_list_name_the_columns(tmp_path):
    parts, arrays = parts_of(EVERY["lists"])
    EVERY["lists"].write(tmp_path, arrays)
    found = imported(tmp_path, split="mith")
    assert found.words == [f"tag{i}" for i in range(5)]
    own = [f"tag{i}" for i in np.flatnonzero(parts.text[0])]
    assert store.read_lines(tmp_path / "s")[0]["text"] == ",".join(own)
    assert found.split == "mith"


def test_validation_rows_are_in_no_part(tmp_path):
    _, arrays = parts_of(CURRENT["tr and te, img_lab"])
    valid = {k.replace("te_", "val_"): a for k, a in arrays.items() if k[:2] == "te"}
    layouts.write_mat5(tmp_path, arrays | valid)
    found = imported(tmp_path)
    assert len(found.labels) == SAMPLES + QUERIES
    assert max(map(max, found.rows)) == SAMPLES - 1


def test_valid_parts_are_rows_between_the_others(tmp_path):
    layout = CURRENT["valid parts"]
    parts, arrays = parts_of(layout)
    tests = {k: a[:3] for k, a in arrays.items() if "test" in k}
    valid = {k.replace("test", "valid"): a for k, a in tests.items()}
    layout.write(tmp_path, arrays | valid)
    found = imported(tmp_path)
    wanted = np.concatenate([parts.labels[:15], parts.labels[15:18], parts.labels[15:]])
    np.testing.assert_array_equal(found.labels, wanted)


PAIRS = [("True", "result"), ("True", "noisy"), ("clean", "noisy")]
PAIRS += [("true_labels", "noisy_labels"), ("", "noisy_label")]


@pytest.mark.parametrize(("clean", "noisy"), PAIRS)
def test_noise_files_in_every_spelling(tmp_path, capsys, clean, noisy):
    from scbch_jax.cli import program

    labels = layouts.draw(forms.SIZES).labels.astype(np.float32)
    swapped = np.roll(labels, 1, axis=1)
    own = {clean: labels} if clean else {}
    np.savez(tmp_path / "noise.npz", **own, **{noisy: swapped})
    found = label_noise.read_published(tmp_path / "noise.npz", labels)
    np.testing.assert_array_equal(found, swapped)
    assert program.main(["data", "inspect", str(tmp_path / "noise.npz")]) == 0
    assert f"({noisy}) training labels" in capsys.readouterr().out
    if clean:
        with pytest.raises(InputError, match=f"{clean} in .* that differ"):
            label_noise.read_published(tmp_path / "noise.npz", 1 - labels)


def test_other_arrays_are_no_noise_file(tmp_path):
    np.savez(tmp_path / "a.npz", clean=np.eye(3))
    with pytest.raises(InputError, match="a.npz: got clean, wanted True and result"):
        label_noise.read_published(tmp_path / "a.npz", np.eye(3))


@pytest.mark.parametrize("name", ["train.pkl", "query.pickle", "named.bin"])
def test_pickles_are_refused_with_the_way_to_convert_them(tmp_path, capsys, name):
    path = tmp_path / name
    arrays = {"image": np.eye(3), "text": np.eye(3), "label": np.eye(3)}
    path.write_bytes(pickle.dumps(arrays))
    said = error_line(capsys, "data", "inspect", str(path))
    assert "a pickle, which may run any code when it is read" in said
    command = said[said.index('python -c "') + 11 : said.rindex('"')]
    subprocess.run([sys.executable, "-c", command], cwd=tmp_path, check=True)
    found = {array.name for array in find_arrays([tmp_path / f"{path.stem}.npz"])}
    assert found == {f"{path.stem}_{key}" for key in arrays}


def check(name, seed, folder, capsys):
    """One mutation: right data, or one line and nothing written."""
    rng = np.random.default_rng(seed)
    layout = EVERY[name]
    parts, arrays = parts_of(layout, seed)
    folder.mkdir()
    if layout.write in (forms.write_lists, forms.write_caption_lists):
        layout.write(folder, arrays)
        _damage_lists(rng, folder)
    else:
        _mutate(rng, folder, arrays, layout, MUTATIONS[seed % len(MUTATIONS)])
    try:
        found = imported(folder)
    except InputError as error:
        said = str(error)
    else:
        said = ""
    capsys.readouterr()
    if said:
        assert "\n" not in said
        assert not (folder / "s").exists()
        return said
    lost = sum(not getattr(found, m).shape[1] for m in ("image", "text"))
    if lost == sum(not key for key in next(iter(layout.keys.values()))):
        require_right(found, layout, parts)
    np.testing.assert_array_equal(found.labels, parts.labels)
    return ""


def _mutate(rng, folder, arrays, layout, mutate):
    """Labels are the last of a part's names; a form may lack the others."""
    keys = {part: (names[-1],) * 3 for part, names in layout.keys.items()}
    mutate(rng, folder, arrays, layout._replace(keys=keys))


def _damage_lists(rng, folder):
    """Of one list: cut short, without its end, with another value, or gone."""
    path = rng.choice(sorted(p for p in folder.iterdir() if p.stem != "TagList"))
    lines = path.read_text().splitlines()
    row = int(rng.integers(len(lines)))
    kind = rng.integers(4)
    if kind == 0:
        path.unlink()
        return
    changed = lines[:row] if kind == 1 else [*lines[:row], *lines[row + 1 :]]
    if kind == 3:
        changed = [*lines[:row], "2 0 1 0", *lines[row + 1 :]]
    if kind == 3 and path.stem != "all_labels":
        changed = [*changed, "one line more"]
    path.write_text("".join(f"{line}\n" for line in changed))


@pytest.mark.parametrize("name", EVERY)
def test_damaged_files_end_in_one_line(tmp_path, capsys, name):
    said = [check(name, seed, tmp_path / f"{seed}", capsys) for seed in range(10)]
    assert sum(map(bool, said)) >= 5, said


@pytest.mark.slow
@pytest.mark.nightly
@pytest.mark.parametrize("name", EVERY)
def test_two_hundred_damaged_files_end_in_one_line(tmp_path, capsys, name):
    seeds = range(10, 210)
    said = [check(name, seed, tmp_path / f"{seed}", capsys) for seed in seeds]
    assert sum(map(bool, said)) >= 100, said


def test_files_of_one_modality_are_images_and_then_texts(tmp_path, capsys):
    layout = CURRENT["uhscm, two files"]
    parts, arrays = parts_of(layout)
    layout.write(tmp_path, arrays)
    images, texts = (str(tmp_path / f"{name}.mat") for name in ("images", "texts"))
    line = error_line(capsys, "data", "import", images, "--out", str(tmp_path / "s"))
    assert "wanted also test_y; dataset_y; train_y" in line
    other = {k: a for k, a in arrays.items() if not k.endswith("_y")}
    other["train_L"] = 1 - other["train_L"]
    scipy.io.savemat(texts, other)
    line = error_line(
        capsys, "data", "import", images, texts, "--out", str(tmp_path / "s")
    )
    assert f"labels: got train_L in {images} and in {texts} that differ" in line


def test_rows_by_key_leave_out_what_is_missing(tmp_path):
    """Names of classes and texts of the same rows; a picture without labels is out."""
    layout = CURRENT["iapr by clip"]
    _, arrays = parts_of(layout)
    layout.write(tmp_path, arrays)
    with np.load(tmp_path / "images.npz") as file:
        images = dict(file)
    images["missing"] = np.append(images["missing"], 3).astype("i4")
    np.savez(tmp_path / "images.npz", **images)
    found = imported(tmp_path)
    lost = int(images["keys"][3]) - 40
    np.testing.assert_array_equal(
        found.text, np.delete(arrays["feats of texts"], lost, 0)
    )
    assert found.classes == [f"word{c}" for c in range(4)]
    texts = [line["text"] for line in store.read_lines(tmp_path / "s")]
    assert texts == [f"a picture {i + 40}" for i in range(SAMPLES) if i != lost]
    (tmp_path / "labels.mat").unlink()
    keys = np.array(images["keys"], object)  # as NumPy pickles them
    np.savez(tmp_path / "labels.npz", keys=keys, Y_multi=arrays["Y_multi"])
    with pytest.raises(InputError, match=r"labels.npz: got objects, which could run"):
        imported(tmp_path, out="again")


def test_class_numbers_in_cells(tmp_path):
    _, arrays = parts_of(CURRENT["cells of views"])
    ids = {k: np.arange(len(a))[None] % 3 for k, a in arrays.items() if "labels" in k}
    CURRENT["cells of views"].write(tmp_path, arrays | ids)
    found = imported(tmp_path)
    assert found.labels.argmax(1).tolist()[:QUERIES] == [0, 1, 2, 0]
