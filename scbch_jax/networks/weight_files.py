"""Files of the weights of both modalities, with the names of the PyTorch version.

No file can execute code: PyTorch's are opened with `weights_only`.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from scbch_jax import io
from scbch_jax.errors import InputError, require
from scbch_jax.extras import import_optional

States = dict[str, dict[str, np.ndarray]]
"""PyTorch state dicts by modality, "image" and "text"."""

CHECKPOINT_NAMES = {"image": "net_state_dict", "text": "txt_net_state_dict"}
"""Names of the state dicts in a checkpoint of the authors' code."""

PYTORCH, SAFETENSORS = (".pt", ".pth"), ".safetensors"


def read_states(path: Path, text: Path | None = None) -> States:
    """Reads the weights of both modalities.

    Args:
        path: a `.safetensors` file with `image.` and `text.` before the names, a
            PyTorch checkpoint with both state dicts, or the image network's own.
        text: the text network's own state dict, in the last case.

    Raises:
        InputError: if a file is missing, unreadable, or holds something else.
    """
    require(path.is_file(), "source", path, "a file of weights, or the folder of a run")
    content = read_named(path)
    whole = path.suffix == SAFETENSORS or content.keys() >= {*CHECKPOINT_NAMES.values()}
    unused = f"{text} beside {path}, which has both networks"
    require(not (whole and text), "text", unused, "no other file")
    if path.suffix == SAFETENSORS:
        return _split(content, path)
    if whole:
        return {m: _as_arrays(content[k], path) for m, k in CHECKPOINT_NAMES.items()}
    require(
        text is not None, "text", "none", f"the text network's weights beside {path}"
    )
    assert text is not None
    require(text.is_file(), "text", text, "a file of weights")
    return {
        "image": _as_arrays(content, path),
        "text": _as_arrays(read_named(text), text),
    }


def require_writable(path: Path) -> None:
    """Checks a target of `write_states` before any work is done for it.

    Raises:
        InputError: if its ending is another, if it cannot be written, or if PyTorch is
            needed for it and not installed.
    """
    io.require_writable("target", path, *PYTORCH, SAFETENSORS)
    if path.suffix in PYTORCH:
        _torch()


def write_states(path: Path, states: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Writes the weights of both modalities atomically.

    Args:
        path: ending in `.safetensors`, or `.pt` or `.pth` for a checkpoint that PyTorch
            and the authors' code can load.
        states: PyTorch state dicts by modality.

    Raises:
        InputError: if the ending is another, or the file cannot be written.
    """
    require_writable(path)
    if path.suffix == SAFETENSORS:
        from safetensors.numpy import save

        flat = {f"{m}.{k}": a for m, state in states.items() for k, a in state.items()}
        content = save({k: np.ascontiguousarray(a) for k, a in flat.items()})
    else:
        torch, buffer = _torch(), BytesIO()
        checkpoint = {
            CHECKPOINT_NAMES[m]: {k: torch.tensor(a) for k, a in state.items()}
            for m, state in states.items()
        }
        torch.save(checkpoint, buffer)
        content = buffer.getbuffer()
    with io.replacing(path) as file:
        file.write(content)


def read_named(path: Path) -> dict[str, Any]:
    """Reads the content of a PyTorch or safetensors file, by name.

    Args:
        path: ending in `.pt`, `.pth` or `.safetensors`.

    Raises:
        InputError: if it has another ending, is damaged, or holds more than weights.
    """
    suffixes = (*PYTORCH, SAFETENSORS)
    wanted = f"one ending in {', '.join(suffixes)}"
    require(path.suffix in suffixes, "source", path, wanted)
    torch = _torch() if path.suffix in PYTORCH else None
    try:
        path.open("rb").close()
    except OSError as error:
        raise io.read_error(path, error) from error
    try:
        if torch is None:
            from safetensors.numpy import load_file

            content = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # Each library has exceptions of its own for damaged files and for files with
        # more than weights, with advice that is wrong for a file from elsewhere.
        raise InputError(
            f"source: got {path}, which is damaged or holds more than weights "
            f"({type(error).__name__}), wanted a file of weights only"
        ) from error
    require(isinstance(content, dict), "source", path, "named weights")
    return content


def _split(content: Mapping[str, np.ndarray], path: Path) -> States:
    states: States = {m: {} for m in CHECKPOINT_NAMES}
    for name, array in content.items():
        modality, _, rest = name.partition(".")
        require(
            modality in states,
            "source",
            f"{name} in {path}",
            "image. or text. before it",
        )
        states[modality][rest] = _float32(name, array)
    return states


def _as_arrays(content: Any, path: Path) -> dict[str, np.ndarray]:
    tensors = isinstance(content, dict) and all(
        hasattr(x, "numpy") for x in content.values()
    )
    require(tensors, "source", path, "a state dict of tensors")
    return {k: _float32(k, tensor).detach().numpy() for k, tensor in content.items()}


def _float32(name: str, array: Any) -> Any:
    """The array, if float32: another precision could not be given back bit for bit."""
    dtype = str(array.dtype).removeprefix("torch.")
    require(dtype == "float32", "source", f"{name} in {dtype}", "float32 weights")
    return array


def _torch() -> Any:
    return import_optional("torch", "a .pt or .pth file")
