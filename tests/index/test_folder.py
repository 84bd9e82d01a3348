import json
import shutil

import numpy as np
import pytest
from indexes import CLASSES, drawn, kill_writers

from scbch_jax import index, io
from scbch_jax.errors import InputError
from scbch_jax.index import Cursor, FlatIndex, Index, Rows, Where


@pytest.fixture
def path(tmp_path):
    index.build(tmp_path / "index", drawn(100), classes=CLASSES)
    return tmp_path / "index"


def flat_hits(rows, living, queries, **options):
    """Hits of one engine over the living rows: the reference of an index."""
    engine = FlatIndex(rows.codes["text"][living], ids=np.asarray(living))
    return engine.search(queries, **options)


def check_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def changed(path):
    """A second segment, removed rows in both; the rows by id and the living ids."""
    first, second = drawn(100), drawn(50, seed=1, prefix="new")
    index.add(path, second)
    index.remove(path, ids=[3, 120], names=["row9", "new1"])
    codes = {m: np.concatenate([first.codes[m], second.codes[m]]) for m in first.codes}
    assert first.labels is not None
    assert second.labels is not None
    rows = Rows(codes, np.concatenate([first.labels, second.labels]))
    return rows, [i for i in range(150) if i not in (3, 120, 9, 101)]


@pytest.mark.parametrize("compacted", [False, True])
def test_segments_and_removed_rows_give_the_hits_of_one_engine(path, compacted):
    rows, living = changed(path)
    if compacted:
        index.compact(path)
    opened, queries = Index(path), rows.codes["image"][:4]
    assert len(opened.segments) == (1 if compacted else 2)
    assert opened.size == len(living)
    for options in ({"k": 1}, {"k": 20}, {"k": 500}, {"k": 20, "within": 6}):
        expected = flat_hits(rows, living, queries, **options)
        found = opened.search(queries, find="text", **options)
        count = expected.ids.shape[1]
        np.testing.assert_array_equal(found.ids[:, :count], expected.ids)
        assert (found.ids[:, count:] == -1).all()
        np.testing.assert_array_equal(found.cut, expected.cut)
    page = opened.search(queries[:1], find="text", k=5, after=Cursor(6, 40))
    check_equal(page, flat_hits(rows, living, queries[:1], k=5, after=Cursor(6, 40)))


def test_filters_are_applied_before_ranking(path):
    rows, living = changed(path)
    cat, dog, sky = np.asarray(rows.labels).T
    for where, passed in (
        (Where(any_of=("cat", "dog")), cat | dog),
        (Where(all_of=("cat", "sky")), cat & sky),
        (Where(any_of=("dog",), none_of=("cat", "sky")), dog & ~cat & ~sky),
    ):
        found = Index(path).search(
            rows.codes["image"][:3], find="text", k=7, where=where
        )
        allowed = [i for i in living if passed[i]]
        check_equal(found, flat_hits(rows, allowed, rows.codes["image"][:3], k=7))


def test_records_labels_codes_and_names_belong_to_their_ids(path):
    rows, _ = changed(path)
    for _ in range(2):
        opened = Index(path)
        assert opened.find_name("new7") == 107
        labels = [
            c for c, on in zip(CLASSES, np.asarray(rows.labels)[107], strict=True) if on
        ]
        assert opened.record(107) == {"name": "new7", "labels": labels}
        np.testing.assert_array_equal(
            opened.code(107, "image"), rows.codes["image"][107:108]
        )
        index.compact(path)


def test_labels_may_be_stored_column_by_column(path, tmp_path):
    rows = drawn(30)
    index.build(
        tmp_path / "turned", rows._replace(labels=np.asfortranarray(rows.labels))
    )
    index.build(tmp_path / "straight", rows)
    turned, straight = (Index(tmp_path / name) for name in ("turned", "straight"))
    assert [turned.record(i) for i in range(30)] == [
        straight.record(i) for i in range(30)
    ]
    # An index that was written with such labels is read all the same.
    packed = np.asfortranarray(turned.segments[0].labels)
    turned.segments[0] = turned.segments[0]._replace(labels=packed)
    assert turned.record(3) == straight.record(3)


def test_a_name_is_replaced_only_if_asked_to(path):
    with pytest.raises(InputError, match="names: got row0, wanted names that are not"):
        index.add(path, drawn(3))
    index.add(path, drawn(3, seed=5), replace=True)
    opened = Index(path)
    assert opened.size == 100
    assert [opened.find_name(f"row{i}") for i in (0, 2, 3)] == [100, 102, 3]
    index.remove(path, names=["row0"])
    index.add(path, Rows(*drawn(1, seed=6)))
    assert Index(path).find_name("row0") == 103


def test_a_reader_keeps_its_generation(path):
    rows = drawn(100)
    opened = Index(path)
    before = opened.search(rows.codes["image"][:2], find="text", k=9)
    record = opened.record(int(before.ids[0, 0]))
    index.add(path, drawn(10, prefix="new"))
    index.remove(path, ids=before.ids[0].tolist())
    index.compact(path)
    check_equal(opened.search(rows.codes["image"][:2], find="text", k=9), before)
    assert opened.record(int(before.ids[0, 0])) == record
    assert Index(path).size == 101


def test_leftovers_of_a_killed_writer_are_deleted_by_the_next(path):
    (path / "segments" / "00000002").mkdir()
    (path / "segments" / ".00000003.partial").mkdir()
    (path / "removed").mkdir()
    (path / "removed" / "00000002.npy").write_bytes(b"cut short")
    assert Index(path).size == 100
    index.add(path, drawn(5, prefix="new"))
    index.remove(path, ids=[0])
    assert sorted(p.name for p in (path / "segments").iterdir()) == [
        "00000001",
        "00000002",
    ]
    assert index.verify(path) == []


def files_of(path):
    return sorted(p for p in path.rglob("*") if p.is_file() and p.name != "index.json")


def test_every_damaged_file_is_named(path):
    changed(path)
    for file in files_of(path):
        whole = file.read_bytes()
        for damaged in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
            file.write_bytes(damaged)
            assert index.verify(path) == [str(file)]
        file.write_bytes(whole)
    file.unlink()
    assert index.verify(path) == [str(file)]


@pytest.mark.errors
def test_a_damaged_index_is_not_compacted(path):
    changed(path)
    file = path / "segments" / "00000001" / "text.npy"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match=r"text\.npy, damaged, wanted files as they"):
        index.compact(path)
    assert index.verify(path) == [str(file)]


@pytest.mark.errors
def test_a_file_cut_short_is_refused_on_opening(path):
    changed(path)
    for file in files_of(path):
        whole = file.read_bytes()
        file.write_bytes(whole[:-1])
        with pytest.raises(InputError, match=file.name):
            Index(path)
        file.write_bytes(whole)


def test_a_second_writer_is_refused(path):
    with io.locked_folder(path), pytest.raises(InputError, match="another process"):
        index.add(path, drawn(1, prefix="new"))
    assert Index(path).size == 100


@pytest.mark.errors
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: index.remove(p, ids=[100]), "ids: got 100, wanted the id of a row"),
        (lambda p: index.remove(p, names=["x"]), "names: got x, wanted a name"),
        (lambda p: index.remove(p), "rows: got none"),
        (
            lambda p: index.add(p, drawn(2), encoder="ab"),
            "encoder: got ab, wanted none",
        ),
        (lambda p: index.add(p, drawn(2)._replace(labels=None)), "labels: got 0"),
        (lambda p: index.build(p, drawn(2)), "it exists already"),
        (lambda p: index.add(p, Rows({"text": drawn(2).codes["text"]})), "codes: got"),
        (
            lambda p: index.add(
                p, Rows({m: np.zeros((2, 4), np.uint8) for m in ("image", "text")})
            ),
            "got codes of 32 bits, wanted 64 as the index",
        ),
        (
            lambda p: Index(p).search(drawn(1).codes["text"], find="sound"),
            "find: got sound",
        ),
        (
            lambda p: Index(p).search(
                drawn(1).codes["text"], find="text", where=Where(("fish",))
            ),
            "labels: got fish, wanted one of cat, dog, sky",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(path, change, message):
    before = (path / "index.json").read_bytes()
    with pytest.raises(InputError, match=message):
        change(path)
    assert (path / "index.json").read_bytes() == before
    assert index.verify(path) == []


@pytest.mark.errors
def test_no_index_and_newer_formats_are_refused(path, tmp_path):
    with pytest.raises(InputError, match="wanted the folder of an index"):
        Index(tmp_path)
    manifest = json.loads((path / "index.json").read_text())
    (path / "index.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(InputError, match="of format 2, wanted format 1"):
        Index(path)


@pytest.mark.errors
@pytest.mark.parametrize(
    "change",
    [
        lambda m: m["segments"][0].update(name="../elsewhere"),
        lambda m: m["segments"][0].update(name=7),
        lambda m: m["segments"][0]["files"].pop("ids.npy"),
        lambda m: m["segments"][0]["files"].update({"../x.npy": {}}),
        lambda m: m["segments"][0]["files"]["ids.npy"].pop("shape"),
        lambda m: m["segments"].append(0.5),
        lambda m: m.update(removed={"name": "../1.npy", "facts": {}}),
        lambda m: m.update(bits=None),
        lambda m: m.update(classes="cat"),
        lambda m: m.pop("encoder"),
    ],
)
def test_a_changed_manifest_is_refused(path, change):
    manifest = json.loads((path / "index.json").read_text())
    change(manifest)
    (path / "index.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="damaged, wanted the manifest of an index"):
        Index(path)
    with pytest.raises(InputError, match="damaged, wanted the manifest of an index"):
        index.remove(path, ids=[0])


@pytest.mark.errors
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (Rows({"text": np.zeros(3, np.uint8)}), "text: got uint8 of shape"),
        (Rows({"text": np.zeros((3, 2))}), "text: got float64 of shape"),
        (Rows({"text": np.zeros((3, 0), np.uint8)}), "text: got uint8 of shape"),
        (Rows({"text": np.zeros((0, 1), np.uint8)}), "codes: got no rows"),
        (Rows({"text": np.zeros((3, 1), np.uint8)}, np.zeros(3)), "labels: got float"),
        (Rows({"text": np.zeros((3, 1), np.uint8)}, records=[{}]), "records: got 1"),
        (
            Rows({"text": np.zeros((1, 1), np.uint8)}, np.full((1, 2), np.nan)),
            "labels: got NaN or infinity",
        ),
    ],
)
def test_arrays_of_other_shapes_are_refused(tmp_path, rows, message):
    with pytest.raises(InputError, match=message):
        index.build(tmp_path / "new", rows)
    assert not (tmp_path / "new").exists()


def test_an_index_survives_kills_of_its_writer(path):
    generations = kill_writers(path, kills=4)
    # Its own first change of each writer, and the one that follows a kill.
    assert generations[-1] >= 8


def test_nothing_is_lost_when_the_folder_is_moved(path, tmp_path):
    shutil.move(path, tmp_path / "moved")
    assert Index(tmp_path / "moved").size == 100
    assert index.verify(tmp_path / "moved") == []
