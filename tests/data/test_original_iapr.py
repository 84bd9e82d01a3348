"""IAPR TC-12 from its original files."""

import iapr_files as made
import numpy as np
import pytest
from original_files import write, write_published, write_tgz

from scbch_jax.data import archives
from scbch_jax.data.archives import Files, iapr
from scbch_jax.errors import InputError

LABELS = "saiaprtc12ok/benchmark/saiapr_tc-12/01/labels.txt"


def read(folder, rows="labeled"):
    return iapr.read(Files(folder), rows=rows)


@pytest.mark.parametrize("packed", [False, True])
def test_the_miniature_is_built_to_the_expected_rows(tmp_path, packed):
    files = made.miniature()
    if packed:
        own = {p: c for p, c in files.items() if p.startswith("iaprtc12")}
        write_tgz(tmp_path / "iaprtc12.tgz", own)
        files = {p: c for p, c in files.items() if p not in own}
    found = read(write(tmp_path, files))
    numbers = sorted(made.PICTURES)
    assert found.ids == tuple(f"{made.PICTURES[n]}/{n}" for n in numbers)
    assert found.labels.tolist() == made.labels()
    assert found.classes == ("a", "branch", "building", "cloud", "label 77")
    texts = [made.text(n) if n != made.WITHOUT_TEXT else "" for n in numbers]
    assert list(found.texts) == texts
    path = "images/01/25.jpg"
    assert found.pictures[-1] == (path if packed else f"iaprtc12/{path}")
    counts = {stage.words: stage.count for stage in found.stages}
    assert counts["rows without a description"] == 2
    assert counts["English texts"] == 19
    assert len(found.absent) == (20 if packed else 0)
    tagged = read(tmp_path, "tagged")
    assert len(tagged.labels) == 18


def test_columns_and_rows_in_another_order_are_matched(tmp_path):
    found = read(write(tmp_path / "a", made.miniature()))
    rng = np.random.default_rng(0)
    rows, columns = rng.permutation(20), rng.permutation(5)
    labels = found.labels[rows][:, columns]
    path = write_published(tmp_path / "a.mat", labels, np.ones((20, 3)))
    match = archives.match_files(found, (path,))
    assert match.equal == 20
    same = archives.in_published_columns(found, match)
    assert same.classes == tuple(found.classes[c] for c in columns)


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (LABELS, b"25\t1\n", "01/labels.txt line 1: got '25\\t1'"),
        (LABELS, b"25 1 29.5\n", "01/labels.txt line 1"),
        (LABELS, b"25 1 1e99\n", "01/labels.txt line 1"),
        (LABELS, b"2 1 29\n", "picture 2, as 00"),
        ("saiaprtc12ok/benchmark/wlist.txt", b"29\ta\n29\tb\n", "29 again"),
        ("saiaprtc12ok/benchmark/wlist.txt", b"x\ta\n", "an id, a tab and a name"),
        ("saiaprtc12ok/benchmark/wlist.txt", None, "without benchmark/wlist.txt"),
        (LABELS, None, ""),
    ],
)
def test_wrong_files_are_one_line(tmp_path, path, content, said):
    files = made.miniature() | {path: content}
    write(tmp_path, {p: c for p, c in files.items() if c is not None})
    if not said:  # a part of the original
        assert len(read(tmp_path).labels) == 9
        return
    with pytest.raises(InputError, match="got") as raised:
        read(tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
