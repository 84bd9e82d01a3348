"""MS-COCO from its original annotations: both editions give the same rows."""

import coco_originals as made
import numpy as np
import pytest
from original_files import write, write_published, write_zip

from scbch_jax.data import archives
from scbch_jax.data.archives import Files, coco
from scbch_jax.errors import InputError


def read(folder, rows="labeled"):
    return coco.read(Files(folder), rows=rows)


@pytest.mark.parametrize("edition", made.PARTS)
@pytest.mark.parametrize("packed", [False, True])
def test_the_miniature_is_built_to_the_expected_rows(tmp_path, edition, packed):
    files = made.miniature(edition)
    if packed:
        write_zip(tmp_path / f"annotations_trainval{edition}.zip", files)
    else:
        write(tmp_path, files)
    found = read(tmp_path)
    assert found.ids == tuple(map(str, made.KEPT))
    assert found.labels.tolist() == made.labels()
    assert found.classes == ("person", "motorcycle", "stop sign", "toothbrush")
    text = found.texts[found.ids.index("25")]
    assert text == " ".join(x.strip() for x in made.captions(25))
    assert text.count("A picture of 25") == 6
    picture = found.pictures[found.ids.index("49")]
    assert picture == f"val{edition}/{made.name(49, 'val', edition)}"
    first = [pictures[0] for pictures in made.PARTS[edition].values()]
    gone = sorted(i for i in first if made.OBJECTS[i])
    assert len(found.absent) == (len(made.KEPT) if packed else len(gone))
    counts = {stage.words: stage.count for stage in found.stages}
    assert counts["pictures without one"] == 1
    assert counts["captions"] == 61
    assert counts["instances"] == sum(map(len, made.OBJECTS.values()))


def test_a_part_alone_is_built(tmp_path):
    files = made.miniature("2017")
    write(tmp_path, {path: c for path, c in files.items() if "train" not in path})
    assert read(tmp_path).ids == ("49", "71")
    assert "val2017" in read(tmp_path).read


@pytest.mark.parametrize("edition", made.PARTS)
def test_known_orders_of_published_rows_are_found(tmp_path, edition):
    found = read(write(tmp_path / "a", made.miniature(edition)))
    parts = made.PARTS[edition].values()
    orders = {
        "this order": made.KEPT,
        "ids ascending by part": [i for part in parts for i in sorted(part)],
        "the order of the files": [i for part in parts for i in part],
    }
    for words, ids in orders.items():
        rows = [made.KEPT.index(i) for i in ids if i in made.KEPT]
        path = write_published(tmp_path / "a.mat", found.labels[rows], np.ones((11, 3)))
        match = archives.match_files(found, (path,))
        assert match.order == words
        assert match.published[rows].tolist() == list(range(len(made.KEPT)))


def test_shuffled_rows_are_equal_as_a_set(tmp_path):
    found = read(write(tmp_path / "a", made.miniature("2014")))
    rows = np.random.default_rng(0).permutation(len(found.labels))
    path = write_published(tmp_path / "a.mat", found.labels[rows], np.ones((11, 3)))
    match = archives.match_files(found, (path,))
    assert (match.order, match.equal) == ("", 11)
    alone = sum(made.labels().count(row) == 1 for row in made.labels())
    assert match.placed == alone < 11
    said = " ".join(archives.describe_match(match, found))
    assert "by labels alone" in said
    assert "equal rows: 36, 49, 74" in said


TRAIN = "annotations/instances_train2014.json"


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (TRAIN, lambda text: text[:-9], "cannot be read"),
        (TRAIN, lambda text: "[]", "no list images"),
        (TRAIN, lambda text: text.replace('"image_id": 9,', '"image_id": 999,'), "999"),
        (TRAIN, lambda text: text.replace('"id": 9,', '"id": "9",'), "got '9', wanted"),
        (TRAIN, lambda text: text.replace('"categor', '"other'), "no list categories"),
        (TRAIN, lambda text: text.replace("toothbrush", "comb"), "in another part"),
        ("annotations/captions_val2014.json", None, "without captions_val2014.json"),
        (f"more/{TRAIN}", lambda text: "{}", "one of them"),
    ],
)
def test_wrong_files_are_one_line(tmp_path, path, change, said):
    files = made.miniature("2014")
    content = change(files.get(path, "")) if change else None
    files[path] = content
    write(tmp_path, {p: c for p, c in files.items() if c is not None})
    with pytest.raises(InputError, match="got") as raised:
        read(tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
