"""Pictures from files, cut to the size that networks take."""

import warnings
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from scbch_jax.errors import InputError, require

SHORTER, SIDE = 256, 224
"""Pixels of the shorter side after resizing, and of a side of what is cut out."""

LONGEST = 100
"""Sides of more than this to one are refused: made larger, they would fill memory."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm")
"""Endings of the files that a folder is searched for."""


def read_picture(path: Path) -> UInt8[np.ndarray, "224 224 3"]:
    """Reads a picture as torchvision's recipe for ImageNet does.

    The shorter side becomes 256 pixels, by Pillow's bilinear filter, which averages
    when it makes smaller; of that the middle 224 by 224 are kept. Gray pictures and
    those with transparency become red, green and blue; what a camera noted about its
    position is not looked at, as torchvision does not.

    Raises:
        InputError: if the file is missing, damaged or no picture.
    """
    try:
        with warnings.catch_warnings():
            # Of size or of unusual palettes: the picture is used all the same.
            warnings.simplefilter("ignore")
            with Image.open(path) as file:
                return cut_middle(file.convert("RGB"))
    except Exception as error:
        # Each format's reader raises kinds of its own for what is damaged.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise InputError(
            f"picture: got {path} ({reason}), wanted a whole picture"
        ) from error


def cut_middle(picture: Image.Image) -> UInt8[np.ndarray, "224 224 3"]:
    """Resizes a picture and keeps its middle, as `read_picture` says.

    Raises:
        InputError: if it is a hundred times as long as it is wide, or the other way.
    """
    width, height = picture.size
    short, long = sorted((width, height))
    fits = long <= LONGEST * short
    require(fits, "sides", f"{width} by {height}", f"at most {LONGEST} to 1")
    # Torchvision rounds the longer side down, and the corner to the nearest even.
    wide, high = (SHORTER * side // short for side in (width, height))
    left, top = (round((side - SIDE) / 2) for side in (wide, high))
    resized = picture.resize((wide, high), Image.Resampling.BILINEAR)
    return np.asarray(resized.crop((left, top, left + SIDE, top + SIDE)))
