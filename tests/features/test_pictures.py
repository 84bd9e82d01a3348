import numpy as np
import pytest
from PIL import Image

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
    expected = features.cut_middle(picture(mode=mode).convert("RGB"))
    np.testing.assert_array_equal(found, expected)


def test_the_middle_is_kept():
    """Red, green and blue thirds side by side: the middle is green."""
    thirds = np.zeros((256, 768, 3), np.uint8)
    for color in range(3):
        thirds[:, 256 * color : 256 * (color + 1), color] = 255
    found = features.cut_middle(Image.fromarray(thirds))
    np.testing.assert_array_equal(found, np.broadcast_to([0, 255, 0], found.shape))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["jpg", "png", "gif", "bmp"])
def test_a_picture_cut_short_is_one_line(tmp_path, kind, share):
    path = tmp_path / f"a.{kind}"
    picture().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match="picture: got .*wanted a whole picture") as e:
        features.read_picture(path)
    assert "\n" not in str(e.value)


def test_what_is_no_picture(tmp_path):
    (tmp_path / "a.jpg").write_text("a letter")
    with pytest.raises(InputError, match="cannot identify"):
        features.read_picture(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="No such file"):
        features.read_picture(tmp_path / "b.jpg")


def test_a_thread_is_no_picture(tmp_path):
    picture(1, 101).save(tmp_path / "a.png")
    with pytest.raises(InputError, match="101 by 1, wanted at most 100 to 1"):
        features.read_picture(tmp_path / "a.png")
