"""The parts of `scbch bench all`: each a command, at three sizes."""

from pathlib import Path
from typing import Literal, NamedTuple

Size = Literal["full", "small", "tiny"]
TRAINED = (
    "--data.planted.train {} --data.planted.queries {} --data.planted.database {} "
    "--data.planted.image-dim 4096 --data.planted.words 1386 --data.planted.classes 24"
)
MIRFLICKR = TRAINED.format(10_000, 2000, 18_015)
TINY = TRAINED.format(80, 20, 90)
SCBCH_RECORDED = "losses-f32 metrics neighbors trajectory-7 trajectory-8"


class Part(NamedTuple):
    """A command, and its options on an accelerator, on a CPU, and in a test."""

    title: str
    command: str
    full: str
    small: str
    tiny: str
    share: int = 1
    """Its share of the minutes, relative to the shares of the other missing parts."""

    def words(self, size: Size) -> list[str]:
        """The command with its options; {out} and {golden} stand for folders."""
        return f"{self.command} {getattr(self, size)}".split()


def placed(words: list[str], *, golden: object, out: Path) -> list[str]:
    """The words of a part with its folders in place of {golden} and {out}."""
    return [
        word.replace("{golden}", str(golden)).replace("{out}", str(out))
        for word in words
    ]


PARTS = {
    "agreement": Part(
        "Agreement with the original on this device",
        "crosscheck",
        "",
        " ".join(f"{{golden}}/{name}.npz" for name in SCBCH_RECORDED.split()),
        "{golden}/losses-f32.npz",
        share=2,
    ),
    "evaluation": Part(
        "Evaluation",
        "bench evaluate",
        "--items 18015 188321 1000000 --sampled 20 --rounds 3 "
        "--counting scatter sort one-hot",
        "--items 18015 50000 --sampled 10 --rounds 1",
        "--queries 8 --items 40 --sampled 4 --rounds 1 --counting one-hot",
    ),
    "large evaluation": Part(
        "Evaluation at MS-COCO's size",
        "bench evaluate --classes 80 --bits 128",
        "--queries 5000 --items 117218 --sampled 20 --rounds 3 "
        "--counting scatter sort one-hot",
        "--queries 500 --items 117218 --sampled 5 --rounds 1",
        "--queries 8 --items 40 --sampled 4 --rounds 1",
    ),
    "training": Part(
        "Training, parts of an epoch",
        "bench train",
        "--precision highest high default bfloat16 --moments float32 bfloat16",
        "--hidden 1024 --steps 2 --rounds 1",
        "--hidden 8 --rows 40 --queries 6 --items 30 --steps 1 --sampled 2 "
        "--encoded 16 --rounds 1",
        share=2,
    ),
    "run": Part(
        "A run of MIRFlickr's size with a score after each epoch",
        "train smoke --bits 64 --seeds 0 --training.save-every 1000",
        "--out {out}/run-full --training.epochs 50 --options.hidden 1024 " + MIRFLICKR,
        "--out {out}/run-small --training.epochs 2 --options.hidden 256 " + MIRFLICKR,
        "--out {out}/run-tiny --training.epochs 2 --options.hidden 8 " + TINY,
        share=2,
    ),
    "neighbors": Part(
        "Neighbor search",
        "bench neighbors",
        "--rows 10000 100000 1000000 --search exact approximate --rounds 1",
        "--rows 10000 20000 --rounds 1 --sampled 128",
        "--rows 40 --bits 8 --neighbors 4 --rounds 1 --sampled 4",
    ),
    "lanes": Part(
        "Runs at once",
        "bench lanes",
        "--lanes 4 16 --hidden 1024 --rows 10000",
        "--lanes 4 --hidden 64 --rows 1000 --rounds 2",
        "--lanes 2 --hidden 8 --rows 40 --rounds 1",
    ),
    "search": Part(
        "Search",
        "bench search",
        "--items 1000000 10000000",
        "--items 1000000 --rounds 2",
        "--items 40 --bits 8 --queries 1 --k 2 --rounds 1",
        share=2,
    ),
}

GRID = {
    "grid": Part(
        "The 48 cells of Tables 1 and 2",
        "sweep grid --delete-checkpoints --training.save-every 1000",
        "--out {out}/grid-full",
        "--out {out}/grid-small --options.hidden 64 --training.epochs 1 "
        "--data.planted.image-dim 128",
        "--out {out}/grid-tiny --options.hidden 8 --training.epochs 2 --data.name "
        "planted --noise.kind swap --only 64bits swap20 " + TINY,
    )
}
"""Last, so it has all the time that the other parts leave; see configs/sweeps/grid."""
