"""NUS-WIDE's original files: a miniature of 40 lines, 5 concepts and 8 tags."""

import numpy as np

LINES, KEPT = 40, 3

CONCEPTS = ("animal", "beach", "clouds", "person", "sky")
"""In alphabetical order; beach and clouds are equally frequent, at the last place."""

WORDS = ("nature", "sky", "blue", "water", "clouds", "red", "green", "bravo")

COUNTS = {"animal": 4, "beach": 12, "clouds": 12, "person": 25, "sky": 18}

TWICE = (8, 30)
"""Lines of one photo, with other labels."""


def labels():
    """Of all lines, uint8 [lines, concepts]."""
    rng = np.random.default_rng(0)
    hot = np.zeros((LINES, len(CONCEPTS)), np.uint8)
    for column, name in enumerate(CONCEPTS):
        hot[rng.permutation(LINES)[: COUNTS[name]], column] = 1
    return hot


def tags():
    """Of all lines, uint8 [lines, words]; every seventh line has none."""
    rng = np.random.default_rng(1)
    bags = (rng.random((LINES, len(WORDS))) < 0.3).astype(np.uint8)
    bags[np.arange(LINES), rng.integers(len(WORDS), size=LINES)] = 1
    bags[::7] = 0
    return bags


def photos():
    """Photo ids, of which one is there twice."""
    ids = [f"{2_124_494_179 + 7 * i}" for i in range(LINES)]
    ids[TWICE[1]] = ids[TWICE[0]]
    return ids


def paths():
    """Folder and file of each picture."""
    return [f"actor/{i + 1:04}_{photo}.jpg" for i, photo in enumerate(photos())]


def expected(rows="tagged"):
    """Line numbers, labels and tags of the rows."""
    hot, bags = labels(), tags()
    # Of the two that are equally frequent the first is kept.
    chosen = [CONCEPTS.index(name) for name in ("beach", "person", "sky")]
    kept = hot[:, chosen].any(axis=1)
    if rows == "tagged":
        kept &= bags.any(axis=1)
    lines = np.flatnonzero(kept)
    return lines, hot[lines][:, chosen], bags[lines]


def miniature(*, listed):
    """Path and content of each file, with or without lists."""
    files = {}
    hot, bags = labels(), tags()
    above = "Groundtruth" if listed else "NUS-WIDE/Groundtruth"
    for column, name in enumerate(CONCEPTS):
        lines = "".join(f"{value}\r\n" for value in hot[:, column])
        files[f"{above}/AllLabels/Labels_{name}.txt"] = lines
    files[f"{above}/TrainTestLabels/Labels_sky_Train.txt"] = "0\n-1130179\n1\n"
    lines = ["\t".join(map(str, row)) + "\t\n" for row in bags]
    files["NUS_WID_Tags/AllTags1k.txt"] = "".join(lines)
    files["NUS_WID_Tags/TagList1k.txt"] = "".join(f"{word}\n" for word in WORDS)
    own = [[w for w, has in zip(WORDS, row, strict=True) if has] for row in bags]
    own[expected()[0][0]] += ["españa", "rare"]
    lines = [f"{p}   {'  '.join(x)}\n" for p, x in zip(photos(), own, strict=True)]
    files["NUS_WID_Tags/All_Tags.txt"] = "".join(lines)
    if listed:
        lines = [path.replace("/", "\\") + " \n" for path in paths()]
        files["ImageList/Imagelist.txt"] = "".join(lines)
        files["ImageList/TrainImagelist.txt"] = lines[0]
    for path in paths()[1:]:
        files[f"Flickr/{path}"] = "no picture"
    return files
