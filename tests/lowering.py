"""Programs lowered for accelerators, without one.

`jax.export` writes a program as StableHLO for any platform. What is checked there: the
program has a lowering for each platform, stays on the device and in single precision.
"""

import re

import jax
from jax import export

PLATFORMS = ("cuda", "rocm", "tpu")
LEAVES_THE_DEVICE = re.compile(
    r"custom_call @\w*(callback|host)\w*|stablehlo\.(infeed|outfeed|send|recv)\b",
    re.IGNORECASE,
)


def lower(function, *args):
    """The StableHLO of a function for accelerators.

    Args:
        function: of arrays; it is compiled as a whole.
        args: arrays, or their shapes.

    Raises:
        AssertionError: if the program leaves the device or computes in float64.
    """
    text = export.export(jax.jit(function), platforms=PLATFORMS)(*args).mlir_module()
    assert not (found := LEAVES_THE_DEVICE.search(text)), found
    assert not re.search(r"tensor<([\dx]*x)?f64>", text)
    return text


def shapes(tree):
    """The shapes and dtypes of a tree of arrays."""
    return jax.eval_shape(lambda: jax.tree.map(jax.numpy.asarray, tree))
