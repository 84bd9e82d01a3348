"""Folders of drawn pictures with captions and labels, for tests of raw data."""

import numpy as np
from PIL import Image

COLORS = {"red": (200, 30, 30), "green": (30, 180, 40), "blue": (40, 50, 210)}
SHAPES = ("square", "stripes")


def draw(folder, count=48, size=48, seed=0):
    """Colored squares and stripes, with what is to be seen as caption and labels."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for i in range(count):
        color = list(COLORS)[rng.integers(3)]
        shape = SHAPES[rng.integers(2)]
        Image.fromarray(picture(rng, size, COLORS[color], shape)).save(
            folder / f"{i:03d}.png"
        )
        where = ("left", "right", "above", "below")[rng.integers(4)]
        caption = f"A {color} {shape} is seen {where}, number {rng.integers(9)}"
        (folder / f"{i:03d}.txt").write_text(caption + "\n")
        (folder / f"{i:03d}.labels").write_text(f"{color}\n{shape}\n")
    return folder


def picture(rng, size, color, shape):
    values = rng.integers(0, 60, size=(size, size, 3))
    side, (top, left) = size // 2, rng.integers(0, size // 2, size=2)
    part = np.zeros((size, size), bool)
    part[top : top + side, left : left + side] = True
    if shape == "stripes":
        part &= (np.arange(size) % 8 < 4)[None]
    values[part] = color
    return values.astype(np.uint8)
