"""Several devices: a mesh, what is shared along it, and several hosts.

A mesh has two axes. The rows of a batch are shared along "data", each weight's columns
and its optimizer's memory along "model". Programs are the same as on one device; XLA
places their parts and adds what has to be exchanged.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

from scbch_jax.errors import require


def initialize_distributed(coordinator: str, processes: int, process: int) -> None:
    """Makes this process one of several; to be called before anything is computed.

    Args:
        coordinator: address and port of the first process, the same for all.
        processes: how many there are.
        process: which one this is, from 0.
    """
    jax.distributed.initialize(coordinator, processes, process)


def is_main_process() -> bool:
    """Whether this process is the one that writes and prints."""
    return jax.process_index() == 0


def use_mesh(data: int, model: int) -> AbstractContextManager[Any]:
    """A context in which programs share their work; nothing for one device.

    Args:
        data: devices that share the rows of a batch.
        model: devices that share each weight.

    Raises:
        InputError: if there are not data · model devices.
    """
    there, wanted = jax.device_count(), data * model
    fits = wanted == there or (wanted < there and jax.process_count() == 1)
    got = f"{data} data-devices times {model} model-devices"
    wanted_words = f"at most {there}" if jax.process_count() == 1 else f"all {there}"
    require(fits, "devices", got, f"{wanted_words} together, as there are")
    if wanted == 1:
        return nullcontext()
    shape, names = (data, model), ("data", "model")
    devices = jax.devices()[:wanted]
    kinds = (AxisType.Auto, AxisType.Auto)
    return jax.set_mesh(jax.make_mesh(shape, names, kinds, devices=devices))


def current_mesh() -> AbstractMesh | None:
    """The mesh of the context, or nothing."""
    mesh = jax.sharding.get_abstract_mesh()
    return None if mesh.empty else mesh


def shard_batch(tree: Any) -> Any:
    """Arrays of a program whose rows are shared along "data", where they divide."""
    mesh = current_mesh()
    if mesh is None:
        return tree

    def one(rows: Any) -> Any:
        if len(rows) % mesh.shape["data"]:
            return rows
        return jax.lax.with_sharding_constraint(rows, PartitionSpec("data"))

    return jax.tree.map(one, tree)


def replicate(tree: Any) -> Any:
    """Arrays of a program that each device is to hold whole."""
    if current_mesh() is None:
        return tree
    return jax.tree.map(
        lambda leaf: jax.lax.with_sharding_constraint(leaf, PartitionSpec()), tree
    )


def replicate_to_devices(tree: Any) -> Any:
    """Host arrays on every device of the context's mesh, whole."""
    return _placed(tree, lambda leaf, mesh: PartitionSpec())


def shard_params(tree: Any) -> Any:
    """Arrays shared along "model" by their last axis, where it divides; else whole."""

    def columns(leaf: Any, mesh: Mesh) -> PartitionSpec:
        shape, share = np.shape(leaf), mesh.shape["model"]
        if not shape or shape[-1] % share:
            return PartitionSpec()
        return PartitionSpec(*[None] * (len(shape) - 1), "model")

    return _placed(tree, columns)


def to_host(tree: Any) -> Any:
    """NumPy copies of arrays, whole, wherever their parts are; on every host."""

    def one(leaf: Any) -> Any:
        if getattr(leaf, "is_fully_addressable", True) or leaf.is_fully_replicated:
            return np.array(leaf, copy=True)
        return np.asarray(multihost_utils.process_allgather(leaf, tiled=True))

    return jax.tree.map(one, tree)


def broadcast_from_main(tree: Any) -> Any:
    """What the first process holds, in all of them; trees of one structure."""
    if jax.process_count() == 1:
        return tree
    return multihost_utils.broadcast_one_to_all(to_host(tree))


def any_process(flag: bool) -> bool:
    """Whether it is true in any process; all of them must ask."""
    if jax.process_count() == 1:
        return flag
    return bool(multihost_utils.process_allgather(np.array(flag)).any())


def _placed(tree: Any, spec: Any) -> Any:
    mesh = jax.sharding.get_mesh()
    if mesh.empty:
        return jax.device_put(tree)
    return jax.tree.map(
        lambda leaf: jax.device_put(leaf, NamedSharding(mesh, spec(leaf, mesh))), tree
    )
