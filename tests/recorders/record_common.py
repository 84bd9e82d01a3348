"""Shared by the recorders of all methods but SCBCH: data, loaders, a CPU for a GPU.

    python record_METHOD.py CLONE SEED FOLDER

Imports nothing of scbch_jax. Random draws of a run are recorded; dropout is switched
off, since its masks cannot be replayed.
"""

import contextlib
import importlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import record_placeholders as placeholders
import record_scbch

ROWS, CLASSES, BITS, WIDTH, WORDS, HIDDEN = 48, 5, 16, 20, 12, 20
BATCH = 16

Record = Callable[[Any, Any], dict[str, Any]]
"""(torch, random numbers) -> arrays of a file"""


def main(method: str, losses: Record, run: Record) -> None:
    """Records a method's losses and a short run, as the command line asks."""
    _, clone, seed, out = sys.argv
    folder = Path(out).absolute()
    sys.path.insert(0, str(Path(clone).absolute()))
    # The clones write folders of their own where they run.
    os.chdir(folder)
    # What looks for pandas among the modules takes it for the real one.
    sys.meta_path.append(
        placeholders.Finder(placeholders.OPTIONAL - {"pandas"} | {"sympy"})
    )
    sys.argv = ["recorded"]
    warnings.simplefilter("ignore")
    torch = importlib.import_module("torch")
    stay_on_the_cpu(torch)
    torch.manual_seed(int(seed))
    # A clone's mixture draws from this one.
    np.random.seed(int(seed))  # noqa: NPY002
    rng = np.random.default_rng(int(seed))
    with contextlib.redirect_stdout(io.StringIO()):
        found = {"losses": losses(torch, rng), "run": run(torch, rng)}
    for kind, arrays in found.items():
        plain = {k: np.asarray(a) for k, a in arrays.items()}
        np.savez_compressed(folder / f"{method}-{kind}.npz", **plain)  # type: ignore[arg-type]


def stay_on_the_cpu(torch: Any) -> None:
    """Lets programs that ask for a GPU have the CPU."""
    move, move_all = torch.Tensor.to, torch.nn.Module.to

    def kept(mover: Any) -> Any:
        return lambda self, *a, **k: (
            self if a[:1] == ("cuda",) else mover(self, *a, **k)
        )

    torch.Tensor.to, torch.nn.Module.to = kept(move), kept(move_all)
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *a: self
    torch.cuda.FloatTensor = torch.FloatTensor
    # A name that old programs use.
    setattr(np, "int", int)  # noqa: B010


def log_losses(torch: Any) -> list[float]:
    """Every value that a gradient is taken of from now on."""
    log: list[float] = []
    backward = torch.Tensor.backward

    def logged(self: Any, *args: Any, **kwargs: Any) -> None:
        log.append(self.item())
        backward(self, *args, **kwargs)

    torch.Tensor.backward = logged
    return log


def draw(torch: Any, rng: Any) -> tuple[Any, Any, Any]:
    """Features that tell something of their labels, and the labels."""
    y = (rng.random((ROWS, CLASSES)) < 0.35).astype(np.float32)
    image = np.maximum(y @ rng.normal(size=(CLASSES, WIDTH)), 0)
    image = np.maximum(image + rng.normal(size=image.shape), 0)
    text = (y @ rng.random((CLASSES, WORDS)) + rng.random((ROWS, WORDS)) > 1.2) * 1.0
    text[:, 0] = 1
    return tuple(torch.tensor(a).float() for a in (image, text, y))  # type: ignore[return-value] -- three of them


def unit(torch: Any, rng: Any, rows: int) -> Any:
    """Relaxed codes of unit length."""
    codes = torch.tensor(rng.normal(size=(rows, BITS))).float()
    return torch.nn.functional.normalize(codes)


def states(nets: dict[str, Any], stage: str) -> dict[str, np.ndarray]:
    """The weights of both networks, copied."""
    return {
        f"{stage}_{short}.{k}": x.detach().numpy().copy()
        for short, net in nets.items()
        for k, x in net.state_dict().items()
    }


def with_gradients(torch: Any, name: str, value: Any, moving: dict[str, Any]) -> Any:
    """A loss and its gradients, as outputs."""
    grads = torch.autograd.grad(value, list(moving.values()))
    outputs = {f"exp_{name}": value.detach().numpy()}
    for k, grad in zip(moving, grads, strict=True):
        outputs[f"exp_{name}_grad_{k}"] = grad.numpy()
    return outputs


class Loader(record_scbch.Loader):
    """Batches of rows, shaped as a clone's own loader gives them."""

    def __init__(self, torch: Any, parts: Any, shape: Any, *, shuffle: bool) -> None:
        """`shape` makes the clone's batch of image, text, labels and positions."""
        super().__init__(torch, parts, shuffle=shuffle)
        self.shape, self.dataset = shape, parts[0]

    def __len__(self) -> int:
        """Number of batches."""
        return ROWS // BATCH

    def __iter__(self) -> Iterator[Any]:
        """Whole passes; the rows fill all batches."""
        order = self.torch.randperm(ROWS) if self.shuffle else self.torch.arange(ROWS)
        self.orders.append(order.numpy())
        for index in order.split(BATCH):
            yield self.shape(*(part[index] for part in self.parts), index)
