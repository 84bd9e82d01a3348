"""What a report shows of rows: captions, names, and pictures below a named folder."""

import json

import numpy as np
import pytest

from scbch_jax import data, datasets
from scbch_jax.config import Data, Scenes
from scbch_jax.data import store
from scbch_jax.datasets.scenes import generate
from scbch_jax.errors import InputError
from scbch_jax.features import encode_png

PNG = b"\x89PNG"


def write(root, *records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    (root / "rows.jsonl").write_text(text)


def test_rows_have_pictures_and_captions(tmp_path):
    write(tmp_path, {"picture": "a.png", "caption": "a cat"}, {}, {"picture": "gone"})
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    source = Data("mirflickr", root=str(tmp_path))
    display = datasets.display_data_of(source, picture_root=tmp_path)
    assert (display.names, display.captions) == (["cat", "dog"], ["a cat", "", ""])
    assert [display.picture(row) for row in range(4)] == [PNG, None, None, None]


def test_classes_have_the_names_that_the_data_have(tmp_path):
    source = Data("mirflickr", root=str(tmp_path))
    assert not datasets.class_names(source)
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    assert datasets.class_names(source) == ["cat", "dog"]
    assert datasets.class_names(Data("scenes")) == generate.NAMES
    assert not datasets.class_names(Data())


def test_most_datasets_have_nothing_to_display(tmp_path):
    assert datasets.read_display_data(tmp_path) is None
    assert datasets.display_data_of(Data()) is None
    for source in (
        Data("coco", root=str(tmp_path / "gone")),
        Data("store", root=str(tmp_path / "gone")),
    ):
        assert datasets.display_data_of(source) is None


def write_store(folder, records, source):
    rng = np.random.default_rng(0)
    store.write(
        folder,
        image=rng.normal(size=(3, 2)),
        text=rng.normal(size=(3, 2)),
        labels=np.eye(3),
        rows=data.rows_queries_last(3, queries=1),
        split="last",
        title="mine",
        source=source,
        lines=records,
    )
    return Data("store", root=str(folder))


def test_a_store_shows_pictures_only_below_the_folder_that_the_user_names(tmp_path):
    """A store from elsewhere could name any folder of the reader's disk."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "1.png").write_bytes(PNG)
    records = [{"picture": f"{row}.png", "text": f"picture {row}"} for row in range(3)]
    named = {"folder or list": str(pictures)}
    source = write_store(tmp_path / "s", records, named)
    display = datasets.display_data_of(source)
    assert display.picture is None
    assert display.captions == ["picture 2", "picture 0", "picture 1"]
    display = datasets.display_data_of(source, picture_root=pictures)
    assert [display.picture(row) for row in range(3)] == [None, None, PNG]


@pytest.mark.parametrize(
    "name", ["{absolute}", "../secret.png", "link.png", "loop.png", "a\0.png", 3, "x"]
)
def test_what_leads_out_of_the_folder_or_is_no_picture_is_left_out(tmp_path, name):
    root, secret = tmp_path / "root", tmp_path / "secret.png"
    root.mkdir()
    secret.write_bytes(PNG)
    (root / "link.png").symlink_to(secret)
    (root / "loop.png").symlink_to(root / "loop.png")
    (root / "x").write_text("a private text")
    (root / "a.png").write_bytes(PNG)
    named = name.format(absolute=secret) if isinstance(name, str) else name
    write(root, {"picture": named}, {"picture": "a.png"})
    display = datasets.read_display_data(root, picture_root=root)
    assert [display.picture(row) for row in range(2)] == [None, PNG]


def test_a_store_with_fewer_lines_than_rows_is_refused(tmp_path):
    records = [{"text": f"picture {row}"} for row in range(3)]
    source = write_store(tmp_path / "s", records, {})
    write(tmp_path / "s", *records[:2])
    with pytest.raises(InputError, match=r"rows: got 2 lines in .*, wanted 3, one for"):
        datasets.display_data_of(source)


@pytest.mark.parametrize("line", ["{", "[]", "\0", '{"caption": "\xff"}', "[" * 10**5])
def test_damaged_rows_are_named(tmp_path, line):
    content = b"{}\n" + line.encode("latin1") + b"\n"
    (tmp_path / "rows.jsonl").write_bytes(content)
    with pytest.raises(InputError, match="rows: got line 2 of .*, wanted .*JSON"):
        datasets.read_display_data(tmp_path)


def test_captions_may_have_any_character_and_the_file_a_mark_and_an_empty_line(
    tmp_path,
):
    """U+2028 ends a line for str.splitlines, and not in JSON lines."""
    records = [{"caption": "two\u2028lines"}, {"caption": "ein Äffchen"}]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    text = "".join(f"{line}\n" for line in [*lines, ""])
    (tmp_path / "rows.jsonl").write_text(text, "utf-8-sig")
    (tmp_path / "labels.txt").write_text("cat\u2028kitten\r\ndog", "utf-8-sig")
    display = datasets.read_display_data(tmp_path)
    assert display.captions == ["two\u2028lines", "ein Äffchen"]
    assert display.names == ["cat\u2028kitten", "dog"]


def test_scenes_show_their_pictures_captions_and_names():
    """Queries first, then the database, as the rows of the features."""
    sizes = Scenes(train=2, queries=3, database=4, side=24)
    display = datasets.display_data_of(Data(name="scenes", scenes=sizes))
    drawn = generate.draw(sizes)
    assert display.captions == drawn.captions
    assert len(display.captions) == 3 + 4
    assert len(display.names) == drawn.labels.shape[1]
    assert display.picture(5) == encode_png(drawn.pictures[5])
