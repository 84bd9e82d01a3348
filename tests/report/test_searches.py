import numpy as np
import pytest

from scbch_jax.errors import InputError
from scbch_jax.report import page, searches
from scbch_jax.report.page import Section
from scbch_jax.types import DisplayData

TRACE = {
    "queries": np.array([1]),
    "query_labels": np.array([[1, 0, 1]]),
    "database_start": np.int64(2),
    "items_i2t": np.array([[0, 3]]),
    "distances_i2t": np.array([[1, 4]]),
    "labels_i2t": np.array([[[1, 1, 0], [0, 1, 0]]]),
    "items_t2i": np.array([[2, 1]]),
    "distances_t2i": np.array([[0, 9]]),
    "labels_t2i": np.array([[[0, 0, 0], [0, 0, 1]]]),
}
PNG = b"\x89PNG"


def shown(display=None):
    """The searches as the page has them."""
    return page.render(
        "", "", [Section("s", searches=searches.searches(TRACE, display))]
    )


def test_matches_are_marked_and_shared_labels_bold():
    hits = [part.split("</div>\n</div>")[0] for part in shown().split('class="hit')[1:]]
    assert [hit.startswith(" match") for hit in hits] == [True, False, False, True]
    assert "<b>label 0</b>, label 1" in hits[0]
    assert "<br>distance 1\n" in hits[0]
    assert "<br>distance 4\n" in hits[1]
    assert "no label" in hits[2]


def test_images_are_pictures_and_texts_are_captions():
    captions = [f"caption <{row}>" for row in range(6)]
    names = ("cat", "dog", "a&b")
    display = DisplayData(names, captions, lambda row: PNG + bytes([row]))
    images, texts = shown(display).split("<h3>")[1:]
    query, *hits = images.split('<div class="hit')
    assert query.count("<img") == 1
    assert all("<img" not in hit for hit in hits)
    assert "“caption &lt;2&gt;”" in hits[0], "the first of the database"
    assert "“caption &lt;5&gt;”" in hits[1]
    query, *hits = texts.split('<div class="hit')
    assert "“caption &lt;1&gt;”" in query
    assert all('src="data:image/png;base64,' in hit for hit in hits)
    assert "a&amp;b" in texts


def test_a_file_that_is_no_picture_is_left_out_and_said_so():
    said = shown(DisplayData((), (), lambda row: b"<script>"))
    assert "<img" not in said
    assert said.count("picture left out: not a PNG, JPEG, GIF or WebP file") == 6


def test_captions_and_names_that_are_too_few_are_left_out():
    """Where rows.jsonl or labels.txt is shorter than the features."""
    said = shown(DisplayData(("cat",), ["", "caption 1", "caption 2"]))
    assert "“caption 2”" in said
    assert "caption 5" not in said
    assert "<b>cat</b>, label 1" in said
    pictures = [PNG] * 3
    said = shown(DisplayData((), (), pictures.__getitem__))
    assert said.count("<img") == 3
    assert said.count("picture left out: IndexError") == 3


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "PermissionError"),
        (ValueError("embedded null byte"), "ValueError"),
        (
            InputError("rows: got /a.png, wanted a picture in p"),
            "wanted a picture",
        ),
    ],
)
def test_a_picture_that_cannot_be_read_fails_no_report(error, reason):
    def picture(row):
        if row == 1:
            raise error
        return PNG

    said = shown(DisplayData((), (), picture))
    assert said.count("picture left out: ") == 2, "the query of both directions"
    assert reason in said
    assert said.count("<img") == 4


def test_a_trace_without_queries_shows_no_search():
    assert searches.searches({}, None) == []
