"""NUS-WIDE from its original files: a miniature, and tags of the full size."""

import numpy as np
import nuswide_files as made
import pytest
from command_line import SCBCH, SURROUNDINGS
from original_files import write, write_zip

from scbch_jax.data.archives import Files, files, nuswide
from scbch_jax.data.archives.bits import BitRows, read_bits
from scbch_jax.errors import InputError


def read(folder, rows="tagged"):
    return nuswide.read(Files(folder), rows=rows, concepts=made.KEPT)


def test_of_fewer_concepts_all_are_kept(tmp_path):
    write(tmp_path, made.miniature(listed=True))
    found = nuswide.read(Files(tmp_path), rows="labeled", concepts=10)
    assert found.classes == made.CONCEPTS
    assert found.benchmark == "nuswide-10"
    assert not any("equally" in note for note in found.notes)


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize("rows", ["tagged", "labeled"])
def test_the_miniature_is_built_to_the_expected_rows(tmp_path, listed, rows):
    write(tmp_path, made.miniature(listed=listed))
    found = read(tmp_path, rows)
    lines, labels, text = made.expected(rows)
    assert found.classes == ("beach", "person", "sky")
    assert found.words == made.WORDS
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.text[:], text)
    assert list(found.ids) == [made.photos()[line] for line in lines]
    paths = [f"Flickr/{made.paths()[line]}" for line in lines]
    if not listed:  # the one that is not on disk, and two pictures of one photo
        of_photo = {made.photos()[0]: f"{made.photos()[0]}.jpg"}
        of_photo[made.photos()[made.TWICE[0]]] = f"Flickr/{made.paths()[made.TWICE[1]]}"
        paths = [
            of_photo.get(made.photos()[line], path)
            for line, path in zip(lines, paths, strict=True)
        ]
    assert list(found.pictures) == paths
    assert any("beach and clouds are equally frequent" in x for x in found.notes)
    assert any("no Imagelist.txt" in x for x in found.notes) != listed
    assert found.texts[list(lines).index(made.expected()[0][0])].endswith("españa rare")


def test_rows_with_one_photo_id_are_both_kept(tmp_path):
    write(tmp_path, made.miniature(listed=True))
    found = read(tmp_path, "labeled")
    lines, labels, _ = made.expected("labeled")
    rows = [list(lines).index(line) for line in made.TWICE]
    assert found.ids[rows[0]] == found.ids[rows[1]]
    assert found.pictures[rows[0]] != found.pictures[rows[1]]
    assert labels[rows[0]].tolist() != labels[rows[1]].tolist()


def test_archives_are_read_in_place(tmp_path):
    every = made.miniature(listed=False)
    parts = {"NUS-WIDE": "NUS-WIDE.zip", "NUS_WID_Tags": "NUS_WID_Tags.zip"}
    for above, name in parts.items():
        own = {p: c for p, c in every.items() if p.startswith(f"{above}/")}
        write_zip(tmp_path / name, own)
    found = read(tmp_path)
    np.testing.assert_array_equal(found.labels, made.expected()[1])
    assert len(found.absent) == len(found.labels)


def test_without_any_list_of_photos_it_is_refused(tmp_path):
    every = made.miniature(listed=False)
    del every["NUS_WID_Tags/All_Tags.txt"]
    with pytest.raises(InputError, match="without Imagelist.txt or All_Tags.txt"):
        read(write(tmp_path, every))


LABELS = "Groundtruth/AllLabels/Labels_sky.txt"
TAGS = "NUS_WID_Tags/AllTags1k.txt"


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (LABELS, "0\n" * 10 + "-1130179\n", "Labels_sky.txt line 11: got -1130179"),
        (LABELS, "0\n1\n", "Labels_sky.txt: got 2 lines, wanted 40 as Labels_animal"),
        (LABELS, "0 1\n" * 40, "Labels_sky.txt line 1: got 2 values, wanted 1"),
        (LABELS, "", "Labels_sky.txt: got no line"),
        (TAGS, "0\t" * 8 + "\n" + "0\t" * 7, "AllTags1k.txt line 2: got 7 values"),
        (TAGS, ("0 " * 8 + "\n") * 3 + "0 1 01 1 0 0 0 0", "line 4: got 01, wanted 0"),
        (TAGS, ("0 " * 8 + "\n") * 3 + "\n" + "0 " * 8, "line 4: got nothing, wanted"),
        (TAGS, ("0 " * 8 + "\n") * 3, "AllTags1k.txt: got 3 lines, wanted 40"),
        ("NUS_WID_Tags/TagList1k.txt", "sky\n\nsea\n", "got an empty line"),
        ("ImageList/Imagelist.txt", "a\\1_2.jpg\n" * 40, "in another order"),
        ("ImageList/more/Imagelist.txt", "a\\1_2.jpg\n", "one of them"),
        ("Groundtruth/AllLabels/Labels_x.txt", "0\n", "Labels_x.txt: got 1 lines"),
    ],
)
def test_wrong_files_are_one_line(tmp_path, path, content, said):
    write(tmp_path, made.miniature(listed=True) | {path: content})
    with pytest.raises(InputError, match="got") as raised:
        read(tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def file_of(path, content):
    path.write_bytes(content)
    return files.File(path.name, None, str(path))


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
def test_values_do_not_depend_on_where_blocks_end(tmp_path, monkeypatch, block):
    monkeypatch.setattr("scbch_jax.data.archives.bits.BYTES", block)
    rng = np.random.default_rng(0)
    values = rng.integers(2, size=(13, 11), dtype=np.uint8)
    ends = ["\n", "\r\n", " \n", "\t\r\n"]
    lines = [" ".join(map(str, row)) + ends[i % 4] for i, row in enumerate(values)]
    for more in (b"", b"\n", b"\r\n \n\n"):
        content = "".join(lines).encode().rstrip() + b"\n" + more
        found = read_bits(file_of(tmp_path / "a.txt", content), 11)
        np.testing.assert_array_equal(found[:], values)
    found = read_bits(file_of(tmp_path / "a.txt", content.rstrip()), 11)
    np.testing.assert_array_equal(found.row_sums(), values.sum(axis=1))
    np.testing.assert_array_equal(found.take(np.array([3, 1]))[:], values[[3, 1]])
    assert isinstance(found, BitRows)


MEASURED = """
import sys, time
from pathlib import Path
from scbch_jax.data.archives.bits import read_bits
from scbch_jax.data.archives.files import File
start = time.process_time()
rows = read_bits(File("AllTags1k.txt", None, sys.argv[1]), 1000)
# Of this program alone: getrusage counts what its parent held when it was started.
(peak,) = (
    line.split()[1]
    for line in Path("/proc/self/status").read_text().splitlines()
    if line.startswith("VmHWM")
)
print(*rows.shape, rows.row_sums().sum(), peak, time.process_time() - start)
"""


@pytest.mark.slow
@pytest.mark.nightly
def test_the_tags_of_the_full_size_need_little_memory(tmp_path):
    """269,648 lines of 1,000 values: under 1 GB and two minutes, imports included."""
    import subprocess

    path, rng, ones = tmp_path / "AllTags1k.txt", np.random.default_rng(0), 0
    with path.open("wb") as file:
        for start in range(0, nuswide.PICTURES, 4096):
            count = min(4096, nuswide.PICTURES - start)
            text = np.full((count, 2001), ord("\t"), np.uint8)
            values = rng.random((count, 1000)) < 0.006
            text[:, :2000:2], text[:, -1] = values + ord("0"), ord("\n")
            file.write(text.tobytes())
            ones += int(values.sum())
    words = [SCBCH[0], "-c", MEASURED, str(path)]
    said = subprocess.run(
        words, env=SURROUNDINGS, check=True, capture_output=True, text=True
    ).stdout.split()
    assert said[:3] == [str(nuswide.PICTURES), "1000", str(ones)]
    assert int(said[3]) < 1_000_000, "KiB"
    assert float(said[4]) < 120, "seconds of the processor"
    print(said)
