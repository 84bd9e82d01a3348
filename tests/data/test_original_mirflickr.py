"""MIRFlickr from its original files: a miniature, and the published arrays again."""

import mirflickr_files as made
import numpy as np
import original_files
import pytest

from scbch_jax.data import archives
from scbch_jax.data.archives import Files, mirflickr
from scbch_jax.data.archives.base import digest
from scbch_jax.errors import InputError


def read(folder, **options):
    return mirflickr.read(Files(folder), **options)


def counts(original):
    return {stage.words: stage.count for stage in original.stages}


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_the_miniature_is_built_to_the_expected_rows(tmp_path, nested, packed):
    files = made.miniature(nested=nested)
    if packed:
        original_files.write_zip(tmp_path / "a" / "mirflickr25k.zip", files)
    else:
        original_files.write(tmp_path / "a", files)
    found = read(tmp_path / "a")
    labels, text = made.expected()
    assert found.ids == tuple(f"im{n}" for n in made.EXPECTED)
    assert found.words == made.WORDS
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.text, text)
    assert found.pictures[0] == ("im1.jpg" if packed else "mirflickr/im1.jpg")
    assert len(found.absent) == (len(made.EXPECTED) if packed else 1)
    assert counts(found)["with a label and a common tag"] == len(made.EXPECTED)
    assert counts(found)["pictures without a label"] == len(made.UNLABELED)
    assert "2 _r1 set aside" in found.read
    assert not found.whole
    assert found.texts[made.EXPECTED.index(16)] == "sea rare 日本"


def test_all_labeled_rows_and_the_listed_order_of_tags(tmp_path):
    original_files.write(tmp_path, made.miniature(nested=True))
    found = read(tmp_path, rows="labeled", tag_order="listed")
    assert len(found.labels) == made.PICTURES - len(made.UNLABELED)
    assert found.words == tuple(mirflickr.read_common_tags(Files(tmp_path)))
    assert found.words != made.WORDS
    assert not found.text[found.ids.index("im20")].any()


def test_a_number_that_is_listed_otherwise_is_said(tmp_path, monkeypatch):
    files = made.miniature(nested=True)
    listed = "mirflickr/doc/common_tags.txt"
    files[listed] = files[listed].replace("sea 22", "sea 23")
    monkeypatch.setattr(mirflickr, "PICTURES", made.PICTURES)
    monkeypatch.setattr(mirflickr, "_stages", lambda *args: ())
    notes = read(original_files.write(tmp_path, files)).notes
    assert any("the first is sea: listed 23, counted 22" in note for note in notes)


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        ("mirflickr/sea.txt", "5\n", "sea.txt"),  # a second copy
        ("mirflickr/meta/more/tags/tags4.txt", "x", "one of them"),
        ("sky.txt", "5\n5\n", "sky.txt line 2: got 5 again"),
        ("sky.txt", "-1130179\n", "sky.txt line 1: got '-1130179'"),
        ("sky.txt", "25001\n", "a picture's number from 1 to 25000"),
        ("sky.txt", None, "23 label files without sky.txt"),
        ("mirflickr/doc/common_tags.txt", None, "without doc/common_tags.txt"),
        ("mirflickr/doc/common_tags.txt", "sea many\n", "common_tags.txt line 1"),
        ("mirflickr/doc/common_tags.txt", "sea 0\n", "a tag and its number"),
        ("mirflickr/doc/common_tags.txt", "a 4\na 5\n", "line 2: got a again"),
        ("mirflickr/doc/common_tags.txt", "zzz 4\n", "rows: got none"),
    ],
)
def test_wrong_files_are_one_line(tmp_path, path, content, said):
    files = made.miniature(nested=False)
    files[path] = content
    original_files.write(tmp_path, {p: c for p, c in files.items() if c is not None})
    with pytest.raises(InputError, match="from|got") as raised:
        read(tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_folders_without_an_original_are_one_line(tmp_path):
    with pytest.raises(InputError, match="wanted a folder with the original's files"):
        Files(tmp_path / "gone")
    (tmp_path / "mirflickr.rar").write_bytes(b"Rar!")
    with pytest.raises(InputError, match="mirflickr.rar must be unpacked"):
        read(tmp_path)
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(InputError, match="a.zip, which cannot be read"):
        read(tmp_path)


def test_a_whole_original_must_have_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(mirflickr, "PICTURES", made.PICTURES)
    original_files.write(tmp_path, made.miniature(nested=True))
    with pytest.raises(InputError, match="ones of all labels: got .* wanted 92,902"):
        read(tmp_path)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """The published arrays turned back into an original, read; and the arrays."""
    from conftest import MIRFLICKR

    if not MIRFLICKR.is_dir():
        pytest.skip(f"no MIRFlickr-25K files in {MIRFLICKR}; SCBCH_DATA names a folder")
    folder = tmp_path_factory.mktemp("original")
    files, labels, text = made.turned_back(MIRFLICKR)
    original_files.write_zip(folder / "mirflickr25k.zip", files)
    return archives.read("mirflickr", folder), labels, text


@pytest.mark.slow
def test_the_published_arrays_are_rebuilt_to_their_digests(real, mirflickr):
    found, labels, text = real
    assert digest(labels) == digest(found.labels) == found.digests["labels"]
    assert digest(text) == digest(found.text) == found.digests["text"]
    files = tuple(mirflickr / f"mirflickr25k-{name}.mat" for name in ("lall", "yall"))
    match = archives.match_files(found, files)
    assert match.order == "this order"
    said = " ".join(archives.describe(found))
    assert "SHA-256 of labels and tags: as published" in said


@pytest.mark.slow
def test_shuffled_published_rows_are_placed_by_labels_and_tags(real, tmp_path):
    found, labels, text = real
    rng = np.random.default_rng(0)
    order, columns = rng.permutation(len(labels)), rng.permutation(text.shape[1])
    original_files.write_published(
        tmp_path / "a.mat", labels[order], text[order][:, columns]
    )
    match = archives.match_files(found, (tmp_path / "a.mat",))
    assert match.equal == 20_015
    assert match.placed == 19_104
    placed = match.published >= 0
    np.testing.assert_array_equal(
        order[match.published[placed]], np.flatnonzero(placed)
    )
    said = " ".join(archives.describe_match(match, found))
    assert "equal as a set: 20,015 of 20,015; placed 19,104 (95.4 %); 911 rows" in said
    # save7 and save8 are equal in all rows, so either may be the other.
    same = archives.in_published_columns(found, match)
    np.testing.assert_array_equal(same.text, text[:, columns])
