"""Options of each bench; the first line of each docstring is its help."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from scbch_jax.config.constraints import at_least, check_fields, size_list
from scbch_jax.errors import require


@dataclass(frozen=True)
class BenchEvaluate:
    """Time the evaluator beside a sort per query in PyTorch and a scan by FAISS."""

    queries: Annotated[int, at_least(1)] = 2000
    """Queries of each direction."""
    items: Annotated[tuple[int, ...], size_list()] = (18015,)
    """Sizes of the database, each timed on its own."""
    bits: Annotated[int, at_least(8)] = 64
    """Length of the codes, a multiple of 8."""
    classes: Annotated[int, at_least(1)] = 24
    """Classes that an item may be labelled with."""
    rounds: Annotated[int, at_least(1)] = 5
    """How often each way is timed, in turns; the median is printed."""
    sampled: Annotated[int, at_least(1)] = 100
    """Queries on which the way that takes one after the other is timed."""
    json: Path | None = None
    """File to write every line to, one JSON object a line."""
    picture: Path | None = None
    """File to draw seconds against database size into: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        require(self.bits % 8 == 0, "bits", self.bits, "a positive multiple of 8")
        _check_files(self.json, self.picture)


@dataclass(frozen=True)
class BenchNeighbors:
    """Time the neighbor search beside all similarities and argpartition in NumPy."""

    rows: Annotated[tuple[int, ...], size_list()] = (10_000,)
    """Numbers of samples, each timed on its own."""
    bits: Annotated[int, at_least(1)] = 64
    """Length of the relaxed codes of each modality."""
    neighbors: Annotated[int, at_least(1)] = 20
    """k, below the smallest number of samples."""
    search: tuple[Literal["exact", "approximate"], ...] = ("exact",)
    """Which searches to time."""
    rounds: Annotated[int, at_least(1)] = 3
    """How often each way is timed, in turns, after a first run that is not counted
    where there are several; the median is printed."""
    sampled: Annotated[int, at_least(1)] = 512
    """Rows on which NumPy is timed, and on which neighbors are compared with those by
    float64."""
    json: Path | None = None
    """File to write every line to, one JSON object a line."""
    picture: Path | None = None
    """File to draw seconds against the number of samples into: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        fits = self.neighbors < min(self.rows)
        require(fits, "neighbors", self.neighbors, f"fewer than {min(self.rows)} rows")
        require(bool(self.search), "search", "none", "exact, approximate or both")
        _check_files(self.json, self.picture)


@dataclass(frozen=True)
class BenchTrain:
    """Time steps and epochs of training, with their scoring, beside PyTorch's."""

    hidden: Annotated[tuple[int, ...], size_list()] = (1024, 8192)
    """Widths of the hidden layers, each timed on its own; the paper's is 8192."""
    rows: Annotated[int, at_least(2)] = 10_000
    """Training rows."""
    queries: Annotated[int, at_least(1)] = 2000
    """Queries of the scoring."""
    items: Annotated[int, at_least(1)] = 18_015
    """Database of the scoring."""
    steps: Annotated[int, at_least(1)] = 8
    """Steps that are timed; an epoch has more."""
    sampled: Annotated[int, at_least(1)] = 50
    """Queries on which PyTorch's scoring is timed."""
    encoded: Annotated[int, at_least(1)] = 2048
    """Rows on which encoding is timed."""
    rounds: Annotated[int, at_least(1)] = 3
    """How often each part is timed, in turns; the median is printed."""
    precision: tuple[Literal["highest", "high", "default", "bfloat16"], ...] = (
        "highest",
    )
    """Precisions of matrix products to time, as of --training.precision."""
    moments: tuple[Literal["float32", "bfloat16"], ...] = ("float32",)
    """Optimizer memories to time with each of them, as of --training.moments."""
    json: Path | None = None
    """File to write every line to, one JSON object a line."""
    picture: Path | None = None
    """File to draw the parts of an epoch into: .png or .svg."""

    def __post_init__(self) -> None:
        """Checks the fields."""
        check_fields(self)
        require(self.rows > 20, "rows", self.rows, "more than 20 neighbors")
        for name in ("precision", "moments"):
            require(bool(getattr(self, name)), name, "none", "at least one")
        _check_files(self.json, self.picture)


def _check_files(json: Path | None, picture: Path | None) -> None:
    for name, path in (("json", json), ("picture", picture)):
        fits = path is None or path.absolute().parent.is_dir()
        require(fits, name, path, "a file in a folder that exists")
    fits = picture is None or picture.suffix in (".png", ".svg")
    require(fits, "picture", picture, "a .png or .svg file")
