"""A tiny MS-COCO as its authors publish it, prepared by TFDS's own generator.

All that the generator takes of TensorFlow is the name of a dtype, which NumPy has; all
that is not TFDS's here is the download.
"""

import json
from types import SimpleNamespace

import numpy as np
import picture_folders
from PIL import Image

CLASSES = ["person", "bottle", *(f"thing {i}" for i in range(78))]
NUMBERS = [1, 44, *range(100, 178)]
"""Of the classes, with gaps, as COCO counts them."""

OBJECTS = {9: [], 12: [44, 1, 44], 13: [1], 42: [44], 73: [101], 74: []}
"""Classes of the objects of each picture, by its number."""

SPLITS = {"train": [9, 12, 13], "val": [42], "test": [73], "restval": [74]}


def prepare(folder, data_dir):
    """Draws the files below a folder, and prepares `coco_captions` from them."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.object_detection import coco

    draw(folder)
    before, coco.tf = coco.tf, np
    try:
        builder = tfds.builder(
            "coco_captions", file_format="array_record", data_dir=data_dir
        )
        manager = SimpleNamespace(
            downloaded_size=0,
            download_and_extract=lambda urls: {
                name: str(folder / _place(name, url)) for name, url in urls.items()
            },
        )
        builder._make_download_manager = lambda **options: manager
        builder.download_and_prepare()
    finally:
        coco.tf = before
    return data_dir / "coco_captions" / "2014" / "1.1.0"


def name_of(number):
    part = "train" if number in SPLITS["train"] else "val"
    return f"COCO_{part}2014_{number:012d}.jpg"


def captions_of(number):
    return [f"Picture {number} shows a  crème brûlée.", f"Dessert,\nnumber {number}"]


def draw(folder):
    """Pictures, their objects, and the captions with the splits of Karpathy and Li."""
    rng = np.random.default_rng(0)
    for part in ("train2014", "val2014"):
        (folder / part / part).mkdir(parents=True)
    for number in OBJECTS:
        name = name_of(number)
        pixels = picture_folders.picture(rng, 32, (200, 30, 30), "square")
        part = name.split("_")[1]
        Image.fromarray(pixels).save(folder / part / part / name)
    (folder / "annotations" / "annotations").mkdir(parents=True)
    for part in ("train2014", "val2014"):
        _write_objects(folder, part)
    (folder / "captions").mkdir()
    images = [
        {"filename": name_of(n), "split": split, "sentences": _sentences(n)}
        for split, numbers in SPLITS.items()
        for n in numbers
    ]
    text = json.dumps({"images": images})
    (folder / "captions" / "dataset_coco.json").write_text(text)


def _write_objects(folder, part):
    numbers = [n for n in OBJECTS if part in name_of(n)]
    images = [
        {"id": n, "file_name": name_of(n), "height": 32, "width": 32} for n in numbers
    ]
    about = {"bbox": [1.0, 2.0, 10.0, 10.0], "area": 100, "iscrowd": 0}
    objects = [
        {**about, "id": 100 * n + i, "image_id": n, "category_id": number}
        for n in numbers
        for i, number in enumerate(OBJECTS[n])
    ]
    classes = [
        {"id": i, "name": name} for i, name in zip(NUMBERS, CLASSES, strict=True)
    ]
    content = {"images": images, "annotations": objects, "categories": classes}
    path = folder / "annotations" / "annotations" / f"instances_{part}.json"
    path.write_text(json.dumps(content))


def _sentences(number):
    texts = enumerate(captions_of(number))
    return [{"sentid": 10 * number + i, "raw": text} for i, text in texts]


def _place(name, url):
    if name == "karpathy_and_li_splits":
        return "captions"
    return "annotations" if "annotations" in name else url.split("/")[-1][:-4]
