"""An epoch in its parts, ours and PyTorch's: steps, weights refresh, scoring."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from scbch_jax import neighbors, retrieval, training
from scbch_jax.config.scbch import HParams, Options
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.types import Split

Part = Callable[[], Any]

TIMED = ("step", "encode", "vote", "score")
"""Parts of an epoch."""


class Shape(NamedTuple):
    """What is trained: MIRFlickr-25K in its usual features, unless said otherwise."""

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
        """Steps of an epoch."""
        return -(-self.rows // self.batch_size)

    @property
    def weights(self) -> tuple[int, int]:
        """Weights of the layers that read features, and of all other layers."""
        first = (self.image_dim + self.text_dim) * self.hidden
        return first, self.hidden * (self.hidden + 2 * self.bits)


class Sampled(NamedTuple):
    """How much of an epoch is timed; the rest is scaled up."""

    steps: int = 8
    rows: int = 2048
    """Rows that are encoded."""
    queries: int = 50
    """Queries of a way that takes one after the other."""


class Ways(NamedTuple):
    """One way to train: its parts, each ready to be timed."""

    step: Part
    """The sampled steps."""
    encode: Part
    """Relaxed codes of the sampled rows, both modalities."""
    vote: Part
    """Neighbors vote, and agreement weighs, for all rows; from relaxed codes."""
    score: Part
    """MAP and a 15-point curve, both directions; from codes."""
    scored: int
    """Queries of `score`."""


def draw_split(shape: Shape, rows: int, *, seed: int = 0) -> Split:
    """Features like VGG19's and tags': half zeros, and a few ones of many zeros."""
    rng = np.random.default_rng(seed)
    image = rng.standard_normal((rows, shape.image_dim), dtype=np.float32)
    text = rng.random((rows, shape.text_dim), dtype=np.float32) < 0.005
    labels = rng.random((rows, shape.classes), dtype=np.float32) < 0.15
    labels[np.arange(rows), rng.integers(0, shape.classes, rows)] = True
    return Split(
        np.maximum(image, 0), text.astype(np.float32), labels.astype(np.float32)
    )


def draw_codes(shape: Shape, rows: int, *, seed: int = 0) -> list[Any]:
    """Relaxed codes of both modalities, at unit length."""
    rng = np.random.default_rng(seed)
    codes = [rng.standard_normal((rows, shape.bits), dtype=np.float32) for _ in "it"]
    return [x / np.linalg.norm(x, axis=1, keepdims=True) for x in codes]


def ours(
    shape: Shape, sampled: Sampled, *, precision: str, moments: str = "float32"
) -> Ways:
    """This package's parts; in a run, those of an epoch are one program."""
    rows = sampled.steps * shape.batch_size
    recipe = Recipe(
        "scbch",
        Sizes(shape.image_dim, shape.text_dim, shape.classes, rows, shape.bits),
        Options(hidden=shape.hidden, neighbors=shape.neighbors, warmup_epochs=1),
        shape.batch_size,
        moments=moments,
    )
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
    def trust(image: Any, text: Any, labels: Any) -> Any:
        voted = neighbors.neighbor_soft_labels(
            image, text, labels, neighbors=shape.neighbors
        )
        return neighbors.confidence_weights(labels, voted, floor=0.5)

    def score() -> list[Any]:
        depths = np.linspace(1, shape.items, 15).astype(int)
        return [
            (
                retrieval.mean_average_precision(counts),
                retrieval.precision_recall_at(counts, depths),
            )
            for counts in retrieval.count_both_ways(*sides).values()
        ]

    def vote() -> None:
        jax.block_until_ready(trust(*relaxed, labels))

    return Ways(step, encode, vote, score, scored=shape.queries)


def measure_parts(
    ways: Mapping[str, Ways],
    shape: Shape,
    sampled: Sampled,
    *,
    rounds: int,
    advance: Callable[[int], None] = lambda more: None,
) -> dict[str, dict[str, float]]:
    """Seconds of each part of an epoch and of all, medians of runs in turns.

    The epoch is put together from its parts: steps, codes of the training rows (for the
    votes), of queries and of items, votes, scores.

    Args:
        ways: by name.
        shape: what is trained.
        sampled: how much of each part the ways run.
        rounds: how often each part is timed, after a run that is not.
        advance: told after each part of each way in each turn, rounds + 1 times.
    """
    everyone = shape.rows + shape.queries + shape.items
    shares = {"step": 1 / sampled.steps, "encode": everyone / sampled.rows, "vote": 1.0}
    times: dict[tuple[str, str], list[float]] = {}
    for turn in range(rounds + 1):
        for part in TIMED:
            for name, way in ways.items():
                share = shares.get(part, shape.queries / way.scored)
                seconds = _seconds(getattr(way, part)) * share
                if turn:
                    times.setdefault((name, part), []).append(seconds)
                advance(1)
    found: dict[str, dict[str, float]] = {name: {} for name in ways}
    for (name, part), seconds in times.items():
        found[name][part] = statistics.median(seconds)
    for parts in found.values():
        others = parts["encode"] + parts["vote"] + parts["score"]
        parts["epoch"] = shape.steps * parts["step"] + others
    return found


def _seconds(run: Part) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start
