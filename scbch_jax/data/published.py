"""The published sets by their sizes, which tell them apart whatever the files' form."""

from typing import NamedTuple

from scbch_jax.data.benchmarks import BENCHMARKS


class Published(NamedTuple):
    """Sizes of a feature set as it is published, and of its usual split."""

    title: str
    rows: tuple[int, ...]
    """How many rows its circulating versions have."""
    text_dim: int
    classes: int
    queries: int
    train: int


_ROWS = {
    "mirflickr": (20015,),
    "nuswide": (190421, 195834),
    "coco": (122218,),
    "iapr": (20000,),
}

PUBLISHED = tuple(
    Published(b.title, _ROWS[name], b.text_dim, b.classes, b.queries, b.train)
    for name, b in BENCHMARKS.items()
) + (
    # Queries as UCCH cuts it; training rows as NRCH takes of the 21 concepts.
    Published("NUS-WIDE, 10 concepts", (186577,), 1000, 10, 2100, 10500),
)


def published(*, text_dim: int, classes: int) -> Published | None:
    """The published set with texts and labels of these widths, if there is one."""
    for known in PUBLISHED:
        if (known.text_dim, known.classes) == (text_dim, classes):
            return known
    return None
