import json

import pytest

from scbch_jax import datasets
from scbch_jax.config import Data, Scenes
from scbch_jax.datasets.scenes import generate
from scbch_jax.errors import InputError
from scbch_jax.features import encode_png


def write(root, *records):
    text = "".join(json.dumps(record) + "\n" for record in records)
    (root / "rows.jsonl").write_text(text)


def test_rows_have_pictures_and_captions(tmp_path):
    write(tmp_path, {"picture": "a.png", "caption": "a cat"}, {}, {"picture": "gone"})
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    looks = datasets.display_data_of(Data("mirflickr", root=str(tmp_path)))
    assert (looks.names, looks.captions) == (["cat", "dog"], ["a cat", "", ""])
    assert [looks.picture(row) for row in range(3)] == [b"\x89PNG", None, None]


def test_nothing_is_known_of_most_data(tmp_path):
    assert datasets.read_display_data(tmp_path) is None
    assert datasets.display_data_of(Data()) is None
    assert datasets.display_data_of(Data("coco", root=str(tmp_path / "gone"))) is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1 of .* wanted JSON"),
        ("[]", "a JSON object"),
        ('{"picture": "../x"}', "rows: got ../x, wanted a picture in"),
    ],
)
def test_damaged_rows_are_named(tmp_path, line, message):
    (tmp_path / "rows.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=message):
        datasets.read_display_data(tmp_path)


def test_scenes_show_their_pictures_captions_and_names():
    """Queries first, then the database, as the rows of the features."""
    sizes = Scenes(train=2, queries=3, database=4, side=24)
    looks = datasets.display_data_of(Data(name="scenes", scenes=sizes))
    drawn = generate.draw(sizes)
    assert looks.captions == drawn.captions
    assert len(looks.captions) == 3 + 4
    assert len(looks.names) == drawn.labels.shape[1]
    assert looks.picture(5) == encode_png(drawn.pictures[5])
