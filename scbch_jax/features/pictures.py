"""Pictures: files to arrays of the size that networks take, and arrays to PNG files."""

import io
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps

from scbch_jax.config.data import MAX_PIXELS
from scbch_jax.errors import InputError


class Crop(NamedTuple):
    """How a picture of any size becomes a square of pixels."""

    resized: int = 256
    """Pixels of the shorter side after resizing."""
    side: int = 224
    """Pixels of each side of the center crop, at most `resized`."""


IMAGENET = Crop()
"""The crop of networks that were trained on ImageNet."""

Prepare = Callable[[Image.Image], np.ndarray]
"""From an RGB picture of any size to what a network takes of it."""

MAX_ASPECT_RATIO = 100
"""Longer pictures are refused: resized, they would fill the memory."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")
"""The only decoders that a file may choose. Pillow picks one by the file's content, and
others are less safe: an EPS file, whatever its name, would start Ghostscript."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""Endings of the files that count as pictures in a folder."""


def center_crop(
    picture: Image.Image, crop: Crop = IMAGENET
) -> UInt8[np.ndarray, "side side 3"]:
    """Resizes a picture and crops its center, as torchvision's transform does.

    The shorter side is resized to 256 pixels by Pillow's bilinear filter, which
    averages when it shrinks, and the central 224 by 224 pixels are kept.

    Args:
        picture: RGB.
        crop: other sizes than 256 and 224.
    """
    width, height = picture.size
    short = min(width, height)
    # Torchvision rounds the longer side down, and the corner to the nearest even.
    wide, high = (crop.resized * side // short for side in (width, height))
    left, top = (round((side - crop.side) / 2) for side in (wide, high))
    resized = picture.resize((wide, high), Image.Resampling.BILINEAR)
    return np.asarray(resized.crop((left, top, left + crop.side, top + crop.side)))


def read_picture(
    source: Path | BytesIO,
    *,
    max_pixels: int = MAX_PIXELS,
    prepare: Prepare = center_crop,
    formats: tuple[str, ...] = FORMATS,
) -> np.ndarray:
    """Reads a picture, and prepares it for a network.

    Grayscale, palette and transparent pictures are converted to RGB. The orientation in
    EXIF data is ignored, as torchvision ignores it. Of an animation, the first frame is
    read.

    Args:
        source: a JPEG, PNG, WebP, BMP, GIF or TIFF file, by its path or in memory.
        max_pixels: a picture whose header announces more is not decoded, so that a
            small file cannot fill the memory.
        prepare: what is made of the RGB picture; by default that of torchvision's
            transform for ImageNet, uint8 [224, 224, 3].
        formats: which of these the file may have.

    Raises:
        InputError: if the file is missing, damaged, too large, or no picture.
    """
    try:
        with warnings.catch_warnings():
            # About large pictures and unusual palettes; neither matters here.
            warnings.simplefilter("ignore")
            with Image.open(source, formats=formats) as file:
                if file.width * file.height > max_pixels:
                    raise InputError(
                        f"{file.width} x {file.height} pixels are more than "
                        f"{max_pixels:,}, the limit; see --max-pixels"
                    )
                short, long = sorted(file.size)
                if long > MAX_ASPECT_RATIO * short:
                    raise InputError(
                        f"{file.width} x {file.height} pixels are longer than "
                        f"{MAX_ASPECT_RATIO} to 1"
                    )
                return prepare(file.convert("RGB"))
    except Exception as error:
        # Each format's decoder raises its own kinds of errors for damaged files.
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        reason = said.splitlines()[0]
        name = source if isinstance(source, Path) else "a file"
        raise InputError(
            f"picture: got {name} ({reason}), wanted a complete picture"
        ) from error


def encode_png(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """The bytes of a PNG file of an RGB picture."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def read_thumbnail(
    path: Path, *, side: int = 512, max_pixels: int = MAX_PIXELS
) -> bytes | None:
    """A picture for a page: the file as it is if it is small, or else a smaller JPEG.

    Args:
        path: of the file.
        side: the longest side in pixels.
        max_pixels: a picture whose header announces more is not decoded.

    Returns:
        None if there is no such picture, or it is damaged or too large.
    """
    try:
        content = path.read_bytes()
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(BytesIO(content), formats=FORMATS) as file,
        ):
            if file.width * file.height > max_pixels:
                return None
            if max(file.size) <= side and file.format in ("JPEG", "PNG", "WEBP"):
                file.verify()
                return content
            picture = ImageOps.exif_transpose(file).convert("RGB")
            picture.thumbnail((side, side))
            found = io.BytesIO()
            picture.save(found, "JPEG", quality=85)
            return found.getvalue()
    except Exception:
        # Each format's decoder raises its own kinds of errors for damaged files.
        return None
