"""What the recorders share: data, batches, a CPU in place of a GPU.

Random draws of a run are recorded; dropout is switched off, since its masks cannot be
replayed.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from scbch_jax.originals.placeholders import Placeholder

__all__ = ["Placeholder"]

ROWS, CLASSES, BITS, WIDTH, WORDS, HIDDEN = 48, 5, 16, 20, 12, 20
BATCH = 16


class Task(NamedTuple):
    """What a clone's own loop is trained on, as tensors."""

    image: Any
    text: Any
    labels: Any
    """Noisy, as all that learns is given them."""
    options: dict[str, Any]
    """Of the experiment, by their names on the command line."""
    seed: int


Coders = tuple[Callable[[Any], Any], Callable[[Any], Any]]
"""Codes of images and of texts, from features; their signs are the hash codes."""


def draw_from(torch: Any, seed: int) -> None:
    """Seeds all that clones draw from; some of them seed it when they are imported."""
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002


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
        drop_last: bool = False,
    ) -> None:
        """`shape` makes a clone's batch of the parts' rows and their positions."""
        self.torch, self.parts, self.shape = torch, parts, shape
        self.shuffle, self.batch_size, self.drop_last = shuffle, batch_size, drop_last
        self.dataset, self.orders = parts[0], list[np.ndarray]()

    def __len__(self) -> int:
        """Number of batches."""
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[Any]:
        """A pass; its last batch may be short."""
        rows = len(self.dataset)
        order = self.torch.randperm(rows) if self.shuffle else self.torch.arange(rows)
        self.orders.append(order.numpy())
        for index in order.split(self.batch_size)[: len(self)]:
            yield self.shape(*(part[index] for part in self.parts), index)


def few(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """Rows for what a clone computes on the way and nobody looks at."""
    return tuple(part[:4] for part in parts)


def kept(nets: dict[str, Any], short: str, kind: Any, inputs: int, hidden: int) -> Any:
    """Makes networks of a kind, of another width, and keeps the last one."""

    def make(y_dim: int = 0, **sizes: Any) -> Any:
        small = {"mid_num1": hidden, "mid_num2": hidden}
        nets[short] = kind(y_dim=inputs, **{**sizes, **small})
        return nets[short]

    return make


def narrow_modules(
    program: Any,
    nets: dict[str, Any],
    widths: tuple[int, int],
    hidden: int,
    names: tuple[str, str] = ("ImgModule", "TxtModule"),
) -> None:
    """Gives the networks of SCBCH and its relatives other widths, and keeps them.

    Args:
        program: the clone's module with their classes.
        nets: where the networks are kept.
        widths: of image and text features.
        hidden: width of the hidden layers.
        names: of the classes.
    """
    for short, name, width in zip(("img", "txt"), names, widths, strict=True):
        make = kept(nets, short, getattr(program, name), width, hidden)
        setattr(program, name, make)


def same_rates(config: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Both optimizers of a clone's configuration, with the experiment's numbers."""
    rate = {"lr": options["hparams.learning_rate"]}
    rate["weight_decay"] = options["hparams.weight_decay"]
    return {
        name: {**config[name], "optim_params": rate}
        for name in ("optimizer", "txt_optimizer")
    }


def coders(nets: dict[str, Any]) -> Coders:
    """The networks as functions, without dropout."""
    image, text = (nets[short].eval() for short in ("img", "txt"))
    return image, text


def positions_first(*batch: Any) -> tuple[Any, ...]:
    """A batch as loaders give it that name its rows before their parts."""
    return batch[-1], *batch[:-1]
