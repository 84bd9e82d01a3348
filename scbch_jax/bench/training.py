"""The parts of a training epoch, timed: steps, encoding, soft labels, scoring.

The roofline of a step is the least time that its operations and bytes need.
"""

import statistics
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import neighbors, networks, retrieval, training
from scbch_jax.bench.evaluation import POINTS
from scbch_jax.bench.timing import timed
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.types import Split

Part = Callable[[], Any]

PARTS = ("step", "encode", "soft_labels", "score")
"""Parts of an epoch that are timed."""


class Shape(NamedTuple):
    """Sizes of data and network; by default those of MIRFlickr-25K with VGG19."""

    hidden: int
    rows: int = 10_000
    queries: int = 2000
    items: int = 18_015
    image_dim: int = 4096
    text_dim: int = 1386
    classes: int = 24
    bits: int = 64
    batch_size: int = 128
    neighbors: int = 20

    @property
    def steps(self) -> int:
        """Number of steps of an epoch."""
        return -(-self.rows // self.batch_size)

    @property
    def weights(self) -> tuple[int, int]:
        """Numbers of weights of the first layers, and of all other layers."""
        first = (self.image_dim + self.text_dim) * self.hidden
        return first, self.hidden * (self.hidden + 2 * self.bits)


def recipe_of(shape: Shape, samples: int, moments: str = "float32") -> Recipe:
    """SCBCH of these sizes on a number of training rows."""
    sizes = Sizes(shape.image_dim, shape.text_dim, shape.classes, samples, shape.bits)
    options = Options(hidden=shape.hidden, neighbors=shape.neighbors, warmup_epochs=1)
    return Recipe("scbch", sizes, options, shape.batch_size, moments=moments)


class Sampled(NamedTuple):
    """How much of each part is timed, before its time is scaled to an epoch."""

    steps: int = 8
    rows: int = 2048
    """Number of encoded rows."""
    queries: int = 50
    """Number of queries that PyTorch scores."""


class TrainingBaseline(NamedTuple):
    """An implementation of training: its parts, ready to be timed."""

    step: Part
    """Trains the sampled steps."""
    encode: Part
    """Computes relaxed codes of the sampled rows, both modalities."""
    soft_labels: Part
    """Computes soft labels and confidence weights of all rows from relaxed codes."""
    score: Part
    """Computes MAP and a 15-point curve of both directions from codes."""
    scored: int
    """Number of queries of `score`."""


def draw_split(shape: Shape, rows: int) -> Split:
    """Draws features as sparse as those of VGG19 (half zeros) and of tags."""
    rng = np.random.default_rng(0)
    image = rng.standard_normal((rows, shape.image_dim), dtype=np.float32)
    text = rng.random((rows, shape.text_dim), dtype=np.float32) < 0.005
    labels = rng.random((rows, shape.classes), dtype=np.float32) < 0.15
    labels[np.arange(rows), rng.integers(0, shape.classes, rows)] = True
    return Split(
        np.maximum(image, 0), text.astype(np.float32), labels.astype(np.float32)
    )


def draw_codes(shape: Shape, rows: int, *, seed: int = 0) -> list[Any]:
    """Draws relaxed codes of unit length, both modalities."""
    rng = np.random.default_rng(seed)
    codes = [rng.standard_normal((rows, shape.bits), dtype=np.float32) for _ in "it"]
    return [x / np.linalg.norm(x, axis=1, keepdims=True) for x in codes]


def jax_baseline(
    shape: Shape, sampled: Sampled, *, precision: str, moments: str = "float32"
) -> TrainingBaseline:
    """The parts of this package; in a training run an epoch is one program."""
    rows = sampled.steps * shape.batch_size
    recipe = recipe_of(shape, rows, moments)
    hparams, key = HParams(), jax.random.key(0)
    train, split = (jax.device_put(draw_split(shape, n)) for n in (rows, sampled.rows))
    relaxed = jax.device_put(draw_codes(shape, shape.rows))
    labels = jax.device_put(draw_split(shape._replace(image_dim=1), shape.rows).labels)
    sides = [
        retrieval.PairedCodes(
            *(retrieval.pack(jnp.asarray(x)) for x in draw_codes(shape, n, seed=n)),
            labels=draw_split(shape._replace(image_dim=1), n).labels,
        )
        for n in (shape.queries, shape.items)
    ]
    held = [training.start(hparams, key, recipe=recipe)]

    def step() -> None:
        with jax.default_matmul_precision(precision):
            held[0], log = training.train_epoch(
                held[0], hparams, train, key, jnp.int32(0), recipe=recipe
            )
        jax.block_until_ready(log)

    def encode() -> None:
        with jax.default_matmul_precision(precision):
            params = held[0].params
            codes = training.encode_split(params, hparams, split, recipe=recipe)
        jax.block_until_ready(codes)

    @jax.jit
    def confidence(image: Any, text: Any, labels: Any) -> Any:
        soft = neighbors.neighbor_soft_labels(
            image, text, labels, neighbors=shape.neighbors
        )
        return neighbors.confidence_weights(labels, soft, floor=0.5)

    def score() -> list[Any]:
        depths = np.linspace(1, shape.items, POINTS).astype(int)
        return [
            (
                retrieval.mean_average_precision(counts),
                retrieval.precision_recall_at(counts, depths),
            )
            for counts in retrieval.count_both_directions(*sides).values()
        ]

    def soft_labels() -> None:
        jax.block_until_ready(confidence(*relaxed, labels))

    return TrainingBaseline(step, encode, soft_labels, score, scored=shape.queries)


def measure_parts(
    baselines: Mapping[str, TrainingBaseline],
    shape: Shape,
    sampled: Sampled,
    *,
    rounds: int,
    advance: Callable[[int], None] = lambda more: None,
) -> dict[str, dict[str, float]]:
    """Seconds of each part of an epoch, and of the epoch as the sum of its parts.

    An epoch consists of its steps, the codes of training rows (for the soft labels), of
    queries and of the database, the soft labels, and the scores. Times are medians.

    Args:
        baselines: by name; they are timed in turns.
        shape: sizes of the epoch.
        sampled: how much of each part the baselines run.
        rounds: how often each part is timed, after a run that is not.
        advance: called with 1 after each run of a part.
    """
    encoded = shape.rows + shape.queries + shape.items
    scales = {"step": 1 / sampled.steps, "encode": encoded / sampled.rows}
    scales["soft_labels"] = 1.0
    times: dict[tuple[str, str], list[float]] = {}
    for turn in range(rounds + 1):
        for part in PARTS:
            for name, baseline in baselines.items():
                scale = scales.get(part, shape.queries / baseline.scored)
                seconds = timed(getattr(baseline, part))[0] * scale
                if turn:
                    times.setdefault((name, part), []).append(seconds)
                advance(1)
    found: dict[str, dict[str, float]] = {name: {} for name in baselines}
    for (name, part), seconds in times.items():
        found[name][part] = statistics.median(seconds)
    for parts in found.values():
        others = parts["encode"] + parts["soft_labels"] + parts["score"]
        parts["epoch"] = shape.steps * parts["step"] + others
    return found


class Roofline(NamedTuple):
    """Work of a step, and the measured rates of the device."""

    operations: float
    """Multiplications and additions of the matrix products, forward and backward."""
    bytes: float
    """Memory traffic of the products: weights read twice, gradients written."""
    update_bytes: float
    """Memory traffic of Adam: weights and moments read and written, gradients read."""
    operations_a_second: float
    """Rate of the fastest of a layer's three products, at the size of the step."""
    bytes_a_second: float
    """Rate of adding an array to another in place."""

    @property
    def seconds(self) -> float:
        """The lower bound of a step: the products, then the update."""
        products = self.operations / self.operations_a_second
        traffic = self.bytes / self.bytes_a_second
        return max(products, traffic) + self.update_bytes / self.bytes_a_second


def roofline(shape: Shape, *, precision: str, moments: str = "float32") -> Roofline:
    """Counts the work of a step, and measures the rates of the device.

    No gradient is taken by the features, so a first layer needs two products and every
    other layer three.
    """
    first, others = shape.weights
    return Roofline(
        operations=2.0 * shape.batch_size * (2 * first + 3 * others),
        bytes=4.0 * 3 * (first + others),
        update_bytes=(4.0 * 3 + 4 * jnp.dtype(moments).itemsize) * (first + others),
        operations_a_second=_product_rate(shape, precision),
        bytes_a_second=_memory_rate(),
    )


def _product_rate(shape: Shape, precision: str) -> float:
    width = shape.hidden
    left, right = jnp.ones((shape.batch_size, width)), jnp.ones((width, width))

    def forward(a: Any, b: Any) -> Any:
        return networks.layer_product(a, b, (((1,), (0,)), ((), ())))

    def backward(wanted: int) -> Any:
        return lambda a, b: jax.vjp(forward, a, b)[1](a)[wanted]

    with jax.default_matmul_precision(precision):
        products = [jax.jit(f) for f in (forward, backward(0), backward(1))]
        times = [_best(lambda f=f: f(left, right)) for f in products]
    return 2.0 * shape.batch_size * width**2 / min(times)


def _memory_rate() -> float:
    """In place, so that no time is spent on new pages of memory."""
    add = jax.jit(jnp.add, donate_argnums=0)
    held = [jnp.ones(2**26)]
    other = jnp.ones(2**26)

    def once() -> Any:
        held[0] = add(held[0], other)
        return held[0]

    return 3.0 * other.nbytes / _best(once)


def _best(function: Any) -> float:
    """Seconds of the fastest of ten runs, after one that compiles."""
    times = [timed(lambda: jax.block_until_ready(function()))[0] for _ in range(11)]
    return min(times[1:])
