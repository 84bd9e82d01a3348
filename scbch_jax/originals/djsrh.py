"""Records outputs of a clone of zs-zhong/DJSRH: its loss, and a short run.

The clone computes its loss inside its training loop, so both files come from that loop:
the first from one batch whose codes are given, in place of networks.
"""

import importlib
import logging
import sys
import types
from typing import Any
from unittest import mock

import numpy as np

from scbch_jax.originals import common

BATCH = 8


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The target, the three terms, and the gradients of their sum by the codes."""
    session = session_of(torch, BATCH)
    image, text, _ = (x[:BATCH] for x in common.draw(torch, rng))
    text[3] = 0  # A text without words is similar to none, itself included.
    codes = {
        name: torch.tensor(rng.normal(size=(BATCH, common.BITS))).float().tanh()
        for name in ("image_codes", "text_codes")
    }
    for short, given in zip("IT", codes.values(), strict=True):
        setattr(session, f"CodeNet_{short}", Given(given.requires_grad_()))
        setattr(session, f"opt_{short}", torch.optim.SGD([given], lr=0.0))
    session.train_loader = [(image, text, torch.zeros(BATCH), None)]
    terms, targets, log = list[float](), list[Any](), common.log_losses(torch)
    mean_square = torch.nn.functional.mse_loss

    def logged(cosines: Any, target: Any) -> Any:
        value = mean_square(cosines, target)
        terms.append(value.item())
        targets.append(target)
        return value

    torch.nn.functional.mse_loss = logged
    session.train(0)
    torch.nn.functional.mse_loss = mean_square
    outputs = {"exp_total": np.float32(log[0]), "exp_target": targets[0]}
    outputs |= {"exp_terms": np.array(terms, np.float32)}
    outputs |= {f"exp_total_grad_{k}": x.grad for k, x in codes.items()}
    inputs = {"img": image, "txt": text, **{k: x.detach() for k, x in codes.items()}}
    return {**inputs, **numbers(), **outputs}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Four epochs of the clone's session; its AlexNet passes features through."""
    session, log = session_of(torch, common.BATCH), common.log_losses(torch)
    image, text, labels = common.draw(torch, rng)
    session.train_loader = common.Loader(torch, (image, text, labels))
    models, settings = (importlib.import_module(k) for k in ("models", "settings"))
    session.CodeNet_I = models.ImgNet(common.BITS)
    session.CodeNet_T = models.TxtNet(common.BITS, common.WORDS)
    decay = {"momentum": settings.MOMENTUM, "weight_decay": settings.WEIGHT_DECAY}
    # The clone's rates, times ten: four epochs of a small run are to move the weights.
    rates = {"lr_img": 10 * settings.LR_IMG, "lr_txt": 10 * settings.LR_TXT}
    nets = {"img": session.CodeNet_I, "txt": session.CodeNet_T}
    start_optimizers(torch, session, tuple(rates.values()), decay)
    inputs = {"img": image, "txt": text, "labels": labels, **states(nets, "init")}
    for epoch in range(4):
        session.train(epoch)
    inputs |= {"batch_order": np.array(session.train_loader.orders)}
    inputs |= {"batch_size": common.BATCH, **decay, **rates, **numbers()}
    inputs["exp_loss"] = np.array(log, np.float32)
    return {**inputs, **states(nets, "exp_final")}


def start_optimizers(
    torch: Any, session: Any, rates: tuple[float, ...], decay: dict[str, float]
) -> None:
    """Optimizers of the image and of the text network."""
    for short, rate in zip("IT", rates, strict=True):
        parameters = getattr(session, f"CodeNet_{short}").parameters()
        optimizer = torch.optim.SGD(parameters, lr=rate, **decay)
        setattr(session, f"opt_{short}", optimizer)


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's session on features, with numbers by its own settings."""
    given, parts = task.options, (task.image, task.text, task.labels)
    batch_size = given["training.batch_size"]
    session = session_of(torch, batch_size, given["options.hidden"])
    session.train_dataset = task.labels
    common.draw_from(torch, task.seed)
    names = {
        "BETA": "image_weight", "ETA": "second_order", "MU": "scale",
        "LAMBDA1": "image_term_weight", "LAMBDA2": "text_term_weight",
    }  # fmt: skip
    models, settings = (importlib.import_module(k) for k in ("models", "settings"))
    vars(settings).update({k: given[f"hparams.{name}"] for k, name in names.items()})
    session.train_loader = common.Loader(
        torch, parts, batch_size=batch_size, drop_last=True
    )
    session.CodeNet_I = models.ImgNet(given["bits"])
    session.CodeNet_T = models.TxtNet(given["bits"], task.text.shape[1])
    linear, widths = session.linear, (task.image.shape[1], task.text.shape[1])
    session.CodeNet_I.fc_encode = linear(widths[0], given["bits"])
    session.CodeNet_T.fc1 = linear(widths[1], given["options.hidden"])
    rates = [given[f"hparams.{k}_learning_rate"] for k in ("image", "text")]
    decay = {k: given[f"hparams.{k}"] for k in ("momentum", "weight_decay")}
    start_optimizers(torch, session, tuple(rates), decay)
    for epoch in range(given["training.epochs"]):
        session.train(epoch)
    image, text = (net.eval() for net in (session.CodeNet_I, session.CodeNet_T))
    return lambda x: image(x)[2], lambda x: text(x)[2]


class Given:
    """In place of a network: codes that are given, whatever the features."""

    alpha = 1.0

    def __init__(self, codes: Any) -> None:
        """Returns these codes."""
        self.codes = codes

    def __call__(self, rows: Any) -> Any:
        """Features, outputs and codes, as the clone's networks return them."""
        return rows, None, self.codes

    def cuda(self) -> Any:
        """Stays where it is."""
        return self

    def train(self) -> None:
        """Has no mode."""

    eval = train

    def set_alpha(self, epoch: int) -> None:
        """The codes are final."""


def numbers() -> dict[str, float]:
    """The clone's constants of the loss."""
    settings = importlib.import_module("settings")
    names = ("BETA", "ETA", "MU", "LAMBDA1", "LAMBDA2")
    return {k.lower(): getattr(settings, k) for k in names}


def states(nets: dict[str, Any], stage: str) -> dict[str, Any]:
    """Both networks' weights, under the names that the other clones use."""
    names = {"img.fc_encode": "img.fc.0", "txt.fc1": "txt.fc.0", "txt.fc2": "txt.fc.2"}
    found = common.states(nets, stage)
    for old, new in names.items():
        found = {k.replace(old, new): x for k, x in found.items()}
    return found


def session_of(torch: Any, batch_size: int, width: int = common.WIDTH) -> Any:
    """The clone's session without data and networks; `width` stands for 4,096."""
    linear = torch.nn.Linear
    if "settings" not in sys.modules:
        stand_in(torch, width)
    program: Any = importlib.import_module("train")
    settings: Any = importlib.import_module("settings")
    settings.BATCH_SIZE = batch_size
    # It logs twice an epoch, by an expression that PyTorch has dropped; now never.
    settings.EPOCH_INTERVAL = 0.5
    session = program.Session.__new__(program.Session)
    session.train_dataset = range(batch_size * 3)
    session.logger = settings.logger
    session.FeatNet_I, session.linear = Given(None), linear
    return session


def stand_in(torch: Any, width: int) -> None:
    """Narrow layers, features for pictures, and no files of logs."""
    linear, same = torch.nn.Linear, torch.nn.Identity

    def narrow(rows: int, columns: int) -> Any:
        return linear(*(width if n == 4096 else n for n in (rows, columns)))

    def passing(**_: Any) -> Any:
        net = torch.nn.Module()
        net.features = same()
        net.classifier = torch.nn.Sequential(*(same() for _ in range(7)))
        return net

    torch.nn.Linear = narrow
    models = types.SimpleNamespace(alexnet=passing)
    sys.modules["torchvision"] = types.SimpleNamespace(models=models)  # type: ignore[assignment]
    for name in ("datasets", "metric"):
        sys.modules[name] = common.Placeholder(name)
    silent = dict.fromkeys(("FileHandler", "StreamHandler"), lambda *_: quiet)
    quiet = logging.NullHandler()
    with mock.patch.multiple(logging, **silent):
        importlib.import_module("settings")


RECORDS = {"losses": losses, "run": run}
