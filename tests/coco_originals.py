"""MS-COCO's original annotations: a miniature of 12 pictures in both editions."""

import json

CATEGORIES = {1: "person", 4: "motorcycle", 13: "stop sign", 90: "toothbrush"}
"""Ids have gaps, and are not in this order in the files."""

OBJECTS = {
    9: [90, 1, 1],
    25: [4],
    30: [1, 13],
    34: [13],
    36: [1],
    42: [4, 90],
    49: [1],
    61: [13, 13, 4],
    64: [],  # a picture without an object
    71: [1, 4, 13, 90],
    72: [90],
    74: [1],
}

PARTS = {
    "2014": {"train": (72, 9, 25, 34, 71, 36, 61), "val": (64, 42, 30, 74, 49)},
    "2017": {"train": (30, 9, 72, 42, 61, 25, 64, 34, 74, 36), "val": (71, 49)},
}
"""Pictures in the order of the files."""

KEPT = [picture for picture in OBJECTS if OBJECTS[picture]]


def labels():
    """Of the rows, by ascending id."""
    return [[int(c in OBJECTS[i]) for c in sorted(CATEGORIES)] for i in KEPT]


def captions(picture):
    """Five captions, or six; blanks and ends of lines in some."""
    count = 6 if picture == 25 else 5
    every = [f"A picture of {picture}, caption {i}" for i in range(count)]
    return [f" {every[0]}\n", *every[1:]]


def name(picture, part, edition):
    """File name of a picture in an edition."""
    number = f"{picture:012}.jpg"
    return f"COCO_{part}2014_{number}" if edition == "2014" else number


def miniature(edition):
    """Path and content of each file."""
    files = {}
    for part, pictures in PARTS[edition].items():
        images = [{"id": i, "file_name": name(i, part, edition)} for i in pictures]
        objects = [
            {"id": 100 * i + n, "image_id": i, "category_id": c,
             "iscrowd": int(i == 36), "segmentation": {"counts": [1, 2]}}
            for i in pictures
            for n, c in enumerate(OBJECTS[i])
        ]  # fmt: skip
        texts = [
            {"id": 100 * i + n, "image_id": i, "caption": caption}
            for i in reversed(pictures)
            for n, caption in enumerate(captions(i))
        ]
        listed = [{"id": i, "name": CATEGORIES[i]} for i in (13, 1, 90, 4)]
        above = {"info": {"year": int(edition)}, "licenses": [], "images": images}
        instances = {**above, "annotations": objects[::-1], "categories": listed}
        content = json.dumps(instances)
        files[f"annotations/instances_{part}{edition}.json"] = content
        content = json.dumps({**above, "annotations": texts})
        files[f"annotations/captions_{part}{edition}.json"] = content
        for image in images[1:]:
            files[f"{part}{edition}/{image['file_name']}"] = "no picture"
    return files
