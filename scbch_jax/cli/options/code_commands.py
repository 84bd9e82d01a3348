"""Options of the commands that take runs or codes: scores and codes of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from scbch_jax.config.constraints import at_least, check_fields, depth_list, optional


@dataclass(frozen=True)
class Evaluate:
    """Score a trained run's saved weights, or anyone's hash codes from files."""

    source: tyro.conf.Positional[tuple[Path, ...]]
    """Folder that train wrote, or files with codes and labels of queries and database:
    .npz, .npy, .h5 or .mat; codes real, -1/1, 0/1 or packed, labels rows or numbers."""
    keys: tuple[str, ...] = ()
    """Names of the files' arrays where they are unusual, as query_image=NAME; also
    query_text, query_codes, query_labels, and the same of database. After the files."""
    pairs: tuple[str, ...] = ()
    """Which modalities search which, as image:text or audio:image: query_audio against
    database_image; by default image:text and text:image, or codes."""
    root: str = ""
    """Data root, where it is not the one that the run was trained with."""
    depth: Annotated[tuple[int, ...], depth_list()] = ()
    """Cut-offs k: each adds MAP, precision and recall among the first k items."""
    grade: Literal["none", "shared", "jaccard"] = "none"
    """What relevance is worth: labels shared, or their overlap; adds weighted MAP, and
    NDCG and ACG at the cut-off."""
    stable: bool = False
    """Also score with items at one distance kept in the database's order."""
    resamples: Annotated[int, at_least(0)] = 2000
    """Bootstrap resamples of the queries for 95 % intervals; 0 for none."""
    curve: Path | None = None
    """File to write precision and recall by Hamming radius to, as CSV."""
    csv: Path | None = None
    """File to write every score to, as CSV."""
    queries: Path | None = None
    """File to write every query's values to, as CSV."""
    json: bool = False
    """Print result lines instead of a table."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Compare:
    """Compare two sets of hash codes query by query: is the difference chance?"""

    first: tyro.conf.Positional[Path]
    """Folder that train wrote, or a file as for evaluate."""
    second: tyro.conf.Positional[Path]
    """The other, of the same queries."""
    keys: tuple[str, ...] = ()
    """As for evaluate."""
    pairs: tuple[str, ...] = ()
    """As for evaluate."""
    depth: Annotated[int | None, optional(at_least(1))] = None
    """Cut-off k of MAP; by default the whole ranking."""
    rounds: Annotated[int, at_least(1)] = 10_000
    """Rounds of the paired randomization test, and bootstrap resamples."""
    show: Annotated[int, at_least(0)] = 5
    """How many of the queries that changed most to list, for each direction."""
    json: bool = False
    """Print result lines instead of tables."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Encode:
    """Turn features into packed hash codes with a trained run's weights."""

    run: tyro.conf.Positional[Path]
    """Folder that train wrote."""
    features: Path | None = None
    """File with features to encode; by default the run's own data are encoded."""
    image_key: str = "image"
    """Array of image features in the file."""
    text_key: str = "text"
    """Array of text features in the file."""
    part: Literal["query", "database", "train"] = "database"
    """Which part of the run's own data to encode."""
    root: str = ""
    """Data root, where it is not the one that the run was trained with."""
    seed: int | None = None
    """Which seed's weights; by default the first."""
    out: Path = Path("codes.npz")
    """File to write: image and text, uint8 [n, bits / 8], and labels if known."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
