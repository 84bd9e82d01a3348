"""IAPR TC-12's original files: a miniature of 20 pictures in two folders."""

PICTURES = {n: f"{n // 10:02}" for n in range(1, 20)} | {25: "01"}
"""Folder of each picture; they are not in order of the numbers of their names."""

NAMES = {3: "a", 29: "branch", 31: "building", 60: "cloud", 77: "", 200: "unused"}

LABELS = {n: [(3, 29, 31, 60, 77)[n % 5], (29, 60)[n % 2]] for n in PICTURES}
LABELS[25] = [29, 60, 29]  # one label in two regions

WITHOUT_TEXT = 7


def text(number):
    """A description as a reader should have it."""
    if number == 8:
        return ""
    return f"a café & bar no. {number} < {number + 1}; a cloud;"


def labels():
    """Of the rows, by ascending number and id."""
    used = sorted({label for own in LABELS.values() for label in own})
    return [[int(label in LABELS[n]) for label in used] for n in sorted(PICTURES)]


def miniature():
    """Path and content of each file; contents are bytes."""
    files = {}
    for number, folder in PICTURES.items():
        files[f"iaprtc12/images/{folder}/{number}.jpg"] = b"no picture"
        if number == WITHOUT_TEXT:
            continue
        lines = [
            "<DOC>", f"<DOCNO>annotations/{folder}/{number}.eng</DOCNO>",
            "<TITLE>A bar</TITLE>", f"<DESCRIPTION>{text(number)}</DESCRIPTION>",
            "<NOTES></NOTES>", f"<IMAGE>images/{folder}/{number}.jpg</IMAGE>", "</DOC>",
        ]  # fmt: skip
        path = f"iaprtc12/annotations_complete_eng/{folder}/{number}.eng"
        files[path] = "\r\n".join(lines).encode("latin-1")
        path = f"iaprtc12/annotations_complete_ger/{folder}/{number}.ger"
        files[path] = b"<DOC></DOC>"
    above = "saiaprtc12ok/benchmark"
    names = "".join(f"{i}\t{name}\r\n" for i, name in NAMES.items())
    files[f"{above}/wlist.txt"] = names.encode()
    for folder in sorted(set(PICTURES.values())):
        lines = [
            _line(n, region, label)
            for n, own in LABELS.items()
            if PICTURES[n] == folder
            for region, label in enumerate(own, 1)
        ]
        path = f"{above}/saiapr_tc-12/{folder}/labels.txt"
        files[path] = "".join(lines).encode()
    return files


def _line(*numbers):
    """A region; those of picture 25 are written as decimals."""
    words = [f"{n:.7e}" if numbers[0] == 25 else f"{n}" for n in numbers]
    return "\t".join(words) + "\n"
