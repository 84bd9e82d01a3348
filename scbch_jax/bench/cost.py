"""Operations and memory traffic of compiled programs, and what follows for devices.

XLA counts both for a program that it has compiled, so no accelerator is needed.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from scbch_jax import training
from scbch_jax.bench.training import Shape, recipe_of
from scbch_jax.config.scbch import HParams
from scbch_jax.retrieval import distance_counts
from scbch_jax.types import Split


class Device(NamedTuple):
    """What a device reaches at most, by its data sheet, without sparsity."""

    name: str
    float32: float
    """Operations a second in products that are exact to float32."""
    bfloat16: float
    """Operations a second in products of bfloat16, summed in float32."""
    memory: float
    """Bytes a second."""


DEVICES = (
    Device("H100 SXM", 67e12, 989e12, 3.35e12),
    Device("H200 SXM", 67e12, 989e12, 4.8e12),
    # Full float32 takes six passes in bfloat16.
    Device("TPU v5e", 197e12 / 6, 197e12, 0.819e12),
)


class Cost(NamedTuple):
    """Of one program."""

    program: str
    operations: float
    bytes: float

    def seconds(self, device: Device, precision: str) -> float:
        """The lower bound: whichever of the two takes longer."""
        rate = getattr(device, precision)
        return max(self.operations / rate, self.bytes / device.memory)


def count_costs(shape: Shape) -> list[Cost]:
    """Costs of a step, of encoding all rows, and of counting for a score.

    The bytes are those of the program that XLA compiles for the device at hand; another
    device fuses operations differently.

    Args:
        shape: sizes of data and networks.
    """
    hparams, key = HParams(), jax.random.key(0)
    recipe = recipe_of(shape, shape.batch_size)
    run = jax.eval_shape(partial(training.start, recipe=recipe), hparams, key)
    batch, block = _split(shape, shape.batch_size), _split(shape, 2048)
    epoch = training.train_epoch.lower(
        run, hparams, batch, key, jax.ShapeDtypeStruct((), np.int32), recipe=recipe
    )
    encode = partial(training.encode_split.lower, run.params, hparams, recipe=recipe)
    # An epoch of one batch also encodes it, for the soft labels.
    whole, coded = _cost("step", epoch), _cost("codes", encode(batch))
    operations, moved = whole.operations - coded.operations, whole.bytes - coded.bytes
    blocks = (shape.rows + shape.queries + shape.items) / 2048
    count = jax.jit(distance_counts).lower(
        *(_array(n, shape.bits // 8, dtype=np.uint8) for n in _sides(shape)),
        *(_array(n, shape.classes) for n in _sides(shape)),
    )
    return [
        Cost("step", operations, moved),
        _cost("codes of all rows", encode(block), times=blocks),
        # A loop over the queries is counted once.
        _cost("score, both directions", count, times=2 * shape.queries),
    ]


def _sides(shape: Shape) -> tuple[int, int]:
    return shape.queries, shape.items


def _split(shape: Shape, rows: int) -> Any:
    widths = (shape.image_dim, shape.text_dim, shape.classes)
    return Split(*(_array(rows, width) for width in widths))


def _array(*sizes: int, dtype: Any = np.float32) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(sizes, dtype)


def _cost(program: str, lowered: Any, times: float = 1.0) -> Cost:
    found = lowered.compile().cost_analysis()
    return Cost(program, times * found["flops"], times * found["bytes accessed"])
