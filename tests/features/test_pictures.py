from io import BytesIO

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from scbch_jax import features
from scbch_jax.errors import InputError


def picture(height=60, width=80, mode="RGB"):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, size=(height, width, 3), dtype=np.uint8)
    return Image.fromarray(values).convert(mode)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1"])
def test_every_mode_becomes_three_colors(tmp_path, mode):
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    picture(mode=mode).save(path)
    found = features.read_picture(path)
    assert (found.shape, found.dtype) == ((224, 224, 3), np.uint8)
    expected = features.center_crop(picture(mode=mode).convert("RGB"))
    np.testing.assert_array_equal(found, expected)


def test_the_middle_is_kept():
    """Red, green and blue thirds side by side: the middle is green."""
    thirds = np.zeros((256, 768, 3), np.uint8)
    for color in range(3):
        thirds[:, 256 * color : 256 * (color + 1), color] = 255
    found = features.center_crop(Image.fromarray(thirds))
    np.testing.assert_array_equal(found, np.broadcast_to([0, 255, 0], found.shape))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["jpg", "png", "gif", "bmp"])
def test_a_picture_cut_short_is_one_line(tmp_path, kind, share):
    path = tmp_path / f"a.{kind}"
    picture().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(
        InputError, match="picture: got .*wanted a complete picture"
    ) as e:
        features.read_picture(path)
    assert "\n" not in str(e.value)


def test_a_picture_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png \(No such file or directory\)"):
        features.read_picture(tmp_path / "gone.png")


def test_what_is_no_picture(tmp_path):
    (tmp_path / "a.jpg").write_text("a letter")
    with pytest.raises(InputError, match="cannot identify"):
        features.read_picture(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="No such file"):
        features.read_picture(tmp_path / "b.jpg")


def test_only_known_formats_are_decoded(tmp_path):
    """Pillow picks the decoder by the content; that of EPS starts another program."""
    picture().save(tmp_path / "a.eps")
    (tmp_path / "a.eps").rename(tmp_path / "a.jpg")
    picture().save(tmp_path / "b.jpg", format="PPM")
    for name in ("a.jpg", "b.jpg"):
        with pytest.raises(InputError, match="cannot identify"):
            features.read_picture(tmp_path / name)


def test_a_picture_above_the_limit_is_not_decoded(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    picture(60, 80).save(path)
    features.read_picture(path, max_pixels=4800)
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", None)
    message = "80 x 60 pixels are more than 4,799, the limit; see --max-pixels"
    with pytest.raises(InputError, match=message):
        features.read_picture(path, max_pixels=4799)


def test_a_small_file_of_many_pixels_is_refused(tmp_path):
    Image.new("1", (13_000, 13_000)).save(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size < 100_000
    with pytest.raises(
        InputError, match="13000 x 13000 pixels are more than 64,000,000"
    ):
        features.read_picture(tmp_path / "a.png")


def test_png_files_hold_the_pixels():
    pixels = np.asarray(picture())
    content = features.encode_png(pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(content))), pixels)


def test_a_thread_is_no_picture(tmp_path):
    picture(1, 101).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="101 x 1 pixels are longer than 100 to 1"):
        features.read_picture(tmp_path / "a.png")


def test_a_small_picture_is_shown_as_it_is_and_a_large_one_smaller(tmp_path):
    small, large, tiff = (tmp_path / x for x in ("a.png", "b.png", "c.tif"))
    picture().save(small)
    picture(300, 400).save(large)
    picture().save(tiff)
    assert features.read_thumbnail(small) == small.read_bytes()
    for path, size in ((large, (100, 75)), (tiff, (80, 60))):
        with Image.open(BytesIO(features.read_thumbnail(path, side=100))) as found:
            assert (found.format, found.size) == ("JPEG", size)


def test_what_is_no_picture_is_not_shown(tmp_path):
    path = tmp_path / "a.png"
    assert features.read_thumbnail(path) is None
    picture().save(path)
    assert features.read_thumbnail(path, max_pixels=10) is None
    for content in (b"no picture", path.read_bytes()[:500], path.read_bytes()[:-30]):
        path.write_bytes(content)
        assert features.read_thumbnail(path) is None
