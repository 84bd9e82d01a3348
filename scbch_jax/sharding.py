"""Sharding over a device mesh, also with several hosts.

A mesh has two axes. The rows of a batch are sharded along "data", the columns of each
weight and of its optimizer state along "model". Programs are the same as on one device;
XLA partitions them and inserts the communication.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

from scbch_jax.errors import require


def is_main_process() -> bool:
    """Whether this process is the one that writes and prints."""
    return jax.process_index() == 0


def use_mesh(data: int, model: int) -> AbstractContextManager[Any]:
    """A context with a data × model mesh; a null context for one device.

    Args:
        data: devices along "data", among which the rows of a batch are divided.
        model: devices along "model", among which each weight is divided.

    Raises:
        InputError: if there are fewer than data · model devices, or several processes
            whose devices would not all be used.
    """
    available, wanted = jax.device_count(), data * model
    fits = wanted == available or (wanted < available and jax.process_count() == 1)
    got = f"{data} data-devices times {model} model-devices"
    limit = "at most" if jax.process_count() == 1 else "exactly"
    require(fits, "devices", got, f"{limit} the {available} available devices in all")
    if wanted == 1:
        return nullcontext()
    shape, names = (data, model), ("data", "model")
    devices = jax.devices()[:wanted]
    kinds = (AxisType.Auto, AxisType.Auto)
    return jax.set_mesh(jax.make_mesh(shape, names, kinds, devices=devices))


def current_mesh() -> AbstractMesh | None:
    """The mesh of the context, or None."""
    mesh = jax.sharding.get_abstract_mesh()
    return None if mesh.empty else mesh


def shard_batch(tree: Any) -> Any:
    """Shards rows along "data" inside a program; rows that do not divide stay whole."""
    mesh = current_mesh()
    if mesh is None:
        return tree

    def one(rows: Any) -> Any:
        if len(rows) % mesh.shape["data"]:
            return rows
        return jax.lax.with_sharding_constraint(rows, PartitionSpec("data"))

    return jax.tree.map(one, tree)


def replicate(tree: Any) -> Any:
    """Replicates arrays on every device, inside a program."""
    if current_mesh() is None:
        return tree
    return jax.tree.map(
        lambda leaf: jax.lax.with_sharding_constraint(leaf, PartitionSpec()), tree
    )


def replicate_to_devices(tree: Any) -> Any:
    """Copies host arrays to every device of the context's mesh."""
    return _device_put(tree, lambda leaf, mesh: PartitionSpec())


def shard_params(tree: Any) -> Any:
    """Shards the last axis along "model", where it divides; replicates otherwise."""

    def columns(leaf: Any, mesh: Mesh) -> PartitionSpec:
        shape, share = np.shape(leaf), mesh.shape["model"]
        if not shape or shape[-1] % share:
            return PartitionSpec()
        return PartitionSpec(*[None] * (len(shape) - 1), "model")

    return _device_put(tree, columns)


def to_host(tree: Any) -> Any:
    """Gathers whole arrays as NumPy copies, on every host."""

    def one(leaf: Any) -> Any:
        if getattr(leaf, "is_fully_addressable", True) or leaf.is_fully_replicated:
            return np.array(leaf, copy=True)
        return np.asarray(multihost_utils.process_allgather(leaf, tiled=True))

    return jax.tree.map(one, tree)


def broadcast_from_main(tree: Any) -> Any:
    """The main process's arrays, in all processes; trees must have equal structure."""
    if jax.process_count() == 1:
        return tree
    return multihost_utils.broadcast_one_to_all(to_host(tree))


def any_process(flag: bool) -> bool:
    """Whether the flag is true in any process; all processes must call it."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def _device_put(tree: Any, spec: Any) -> Any:
    mesh = jax.sharding.get_mesh()
    if mesh.empty:
        return jax.device_put(tree)
    return jax.tree.map(
        lambda leaf: jax.device_put(leaf, NamedSharding(mesh, spec(leaf, mesh))), tree
    )
