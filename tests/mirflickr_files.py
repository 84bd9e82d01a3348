"""MIRFlickr's original files: a miniature, and the published arrays turned back."""

import numpy as np

from scbch_jax.data.archives import mirflickr
from scbch_jax.data.formats import read_array

PICTURES = 30

LEAST = 20
"""Pictures with each common tag of the whole original."""

UNLABELED = (2, 29)
WITHOUT_COMMON = (7, 20)

EXPECTED = [n for n in range(1, PICTURES + 1) if n not in UNLABELED + WITHOUT_COMMON]
"""Pictures of the rows that are kept."""

WORDS = ("sea", "españa", "geo:tool=gmif", "save8", "save7", "late")
"""Common tags by number, then first use: save8 in line 1 of im4, save7 in line 2; late
is first used later, with as many pictures."""

USES = {
    "sea": range(1, 25),
    "españa": (1, 2, 3, 5, 8, 9, 10, 11),
    "geo:tool=gmif": (2, 12, 13, 14, 15),  # im2 has no label, and is its first use
    "save8": (4, 25, 26, 27),
    "save7": (4, 25, 26, 28),
    "late": (6, 26, 28, 30),
}


def tags_of_the_miniature():
    """Tags of each picture in the order of its file, which may name a tag twice."""
    tags = {n: [w for w in WORDS if n in USES[w]] for n in range(1, PICTURES + 1)}
    tags[7] = ["rare"]
    tags[20] = []
    tags[5] += ["españa"]
    tags[16] += ["rare", "日本"]
    return tags


def labels_of_the_miniature():
    """Columns of the labels of each picture."""
    return {
        n: sorted({n % 24, (5 * n) % 24})
        for n in range(1, PICTURES + 1)
        if n not in UNLABELED
    }


def miniature(*, nested):
    """Path and content of each file; awkward in every way that the originals are."""
    tags, columns = tags_of_the_miniature(), labels_of_the_miniature()
    files = {}
    for n, own in tags.items():
        end = "\r\n" if n == 3 else "\n"
        files[f"mirflickr/meta/tags/tags{n}.txt"] = "".join(t + end for t in own)
        files[f"mirflickr/meta/tags_raw/tags{n}.txt"] = "Raw\n"
    counts = {w: len([n for n in tags if w in tags[n]]) for w in WORDS}
    listed = sorted(WORDS, key=lambda word: (-counts[word], word))
    lines = [f"{word} {counts[word]}\n" for word in listed]
    files["mirflickr/doc/common_tags.txt"] = "".join(lines)
    above = "mirflickr/mirflickr25k_annotations_v080/" if nested else ""
    for i, name in enumerate(mirflickr.LABELS):
        numbers = [n for n, own in columns.items() if i in own]
        files[f"{above}{name}.txt"] = "".join(f"{n}\n" for n in numbers)
        if name in ("night", "sea"):
            files[f"{above}{name}_r1.txt"] = "".join(f"{n}\n" for n in numbers[:1])
    files[f"{above}README.txt"] = "About these files\n"
    files["__MACOSX/meta/tags/tags1.txt"] = "wrong\n"
    for n in range(1, PICTURES):
        files[f"mirflickr/im{n}.jpg"] = "no picture"
    return files


def expected(words=WORDS):
    """Labels and tags of the rows, each 0 and 1."""
    tags, columns = tags_of_the_miniature(), labels_of_the_miniature()
    labels = [[i in columns[n] for i in range(24)] for n in EXPECTED]
    text = [[word in tags[n] for word in words] for n in EXPECTED]
    return np.array(labels, np.uint8), np.array(text, np.uint8)


def turned_back(published):
    """Original files of which the published arrays are made, and their arrays.

    What the arrays do not tell is made up: tags of pictures that were left out, so that
    all counts of the whole original are as they must be.
    """
    labels = read_array(published / "mirflickr25k-lall.mat", "LAll").astype(np.uint8)
    tags = read_array(published / "mirflickr25k-yall.mat", "YAll").astype(np.uint8)
    with np.load(published / "mirflickr25k-meta.npz") as meta:
        numbers, names = meta["image_id"], [str(name) for name in meta["tag_names"]]
    own = {
        n: list(map(names.__getitem__, np.flatnonzero(r)))
        for n, r in zip(numbers, tags, strict=True)
    }
    left = [n for n in range(1, 25_001) if n not in own]
    more, early = _more_uses(tags, numbers, left)
    late = [n for n in left if n not in early.values()][
        len(set(early.values())) - 419 :
    ]
    unlabeled = sorted({*early.values(), *late})
    labeled = [n for n in left if n not in unlabeled]
    own |= {n: [] for n in left}
    for column, count in enumerate(more):
        places = [early[column]] if column in early else []
        places += [n for n in reversed(unlabeled) if n not in places]
        for n in places[:count]:
            own[n].append(names[column])
    twice = next(n for n in numbers if own[n])
    own[twice].append(own[twice][0])
    hot = {
        name: list(numbers[labels[:, i] > 0]) for i, name in enumerate(mirflickr.LABELS)
    }
    for i in range(92_902 - int(labels.sum())):
        place, turn = i % len(labeled), i // len(labeled)
        hot[mirflickr.LABELS[turn]].append(labeled[place])
    return _files(own, hot, names, tags.sum(axis=0, dtype=int) + more), labels, tags


def _more_uses(tags, numbers, left):
    """Uses of each tag by pictures without a label, so that columns are in their order.

    As few as possible, but those that the whole original has beyond them are the first
    tags'. Also the picture in which a tag is first used, where that must be such a one.
    """
    counts, first = tags.sum(axis=0, dtype=np.int64), numbers[tags.argmax(axis=0)]
    totals, early = np.maximum(counts, LEAST), {}
    for column in range(len(counts) - 2, -1, -1):
        after = totals[column + 1]
        totals[column] = max(totals[column], after)
        if totals[column] > after or first[column] <= first[column + 1]:
            continue
        before = [n for n in left if n <= first[column + 1]]
        if totals[column] > counts[column] and before:
            early[column] = first[column] = before[-1]
        else:
            totals[column] += 1
    more = totals - counts
    spare = 94_281 - int(totals.sum())
    assert spare >= 0, f"{-spare} uses too many"
    for column in range(len(more)):
        add = min(spare, 419 - more[column])
        more[column] += add
        spare -= add
    return more, early


def _files(tags, hot, names, counts):
    files = {f"meta/tags/tags{n}.txt": "\n".join(own) for n, own in tags.items()}
    lines = [f"{name} {count}\n" for name, count in zip(names, counts, strict=True)]
    files["doc/common_tags.txt"] = "".join(sorted(lines))
    for name, numbers in hot.items():
        files[f"{name}.txt"] = "".join(f"{n}\n" for n in sorted(numbers))
    return files
