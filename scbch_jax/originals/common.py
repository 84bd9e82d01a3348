"""What the recorders share: data, batches, a CPU in place of a GPU.

Random draws of a run are recorded; dropout is switched off, since its masks cannot be
replayed.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from scbch_jax.originals.placeholders import Placeholder

__all__ = ["Placeholder"]

ROWS, CLASSES, BITS, WIDTH, WORDS, HIDDEN = 48, 5, 16, 20, 12, 20
BATCH = 16

Record = Callable[[Any, Any], dict[str, Any]]
"""(torch, random numbers) -> arrays of a file"""


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


class Loader:
    """Batches in an order of its own for each pass, which it remembers."""

    def __init__(
        self,
        torch: Any,
        parts: tuple[Any, ...],
        shape: Callable[..., Any] = lambda *batch: batch,
        *,
        shuffle: bool = True,
        batch_size: int = BATCH,
    ) -> None:
        """`shape` makes a clone's batch of the parts' rows and their positions."""
        self.torch, self.parts, self.shape = torch, parts, shape
        self.shuffle, self.batch_size = shuffle, batch_size
        self.dataset, self.orders = parts[0], list[np.ndarray]()

    def __len__(self) -> int:
        """Number of batches."""
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        """A pass; its last batch may be short."""
        rows = len(self.dataset)
        order = self.torch.randperm(rows) if self.shuffle else self.torch.arange(rows)
        self.orders.append(order.numpy())
        for index in order.split(self.batch_size):
            yield self.shape(*(part[index] for part in self.parts), index)


def positions_first(*batch: Any) -> tuple[Any, ...]:
    """A batch as loaders give it that name its rows before their parts."""
    return batch[-1], *batch[:-1]
