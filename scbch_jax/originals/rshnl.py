"""Records outputs of a clone of perquisite/RSHNL: losses, and a short run."""

import importlib
import itertools
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common

GAMMA = 2.25
"""Exact in float32, in which the clone multiplies it by hard weights."""

SETTINGS = {"alpha": 0.1, "lamda": 1.0, "q": 0.01, "tau": 1.0}
NAMES = {"fc1": "fc.0", "fc2": "fc.2", "fc3": "fc.4", "Embedding": "fc.4"}
"""The clone's names of layers, and those of recorded files."""


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """All objectives, in double precision: (1 - p^q) / q loses two digits of seven."""
    program: Any = importlib.import_module("losses")
    u, v, centers = (common.unit(torch, rng, n).double() for n in (9, 9, 5))
    moving = {"image_codes": u, "text_codes": v, "centers": centers}
    for x in moving.values():
        x.requires_grad_()
    y = torch.tensor((rng.random((9, common.CLASSES)) < 0.3) * 1.0)
    y[torch.arange(9), torch.arange(9) % common.CLASSES] = 1
    arrays = dict[str, Any]()
    for name, epoch, linear in (("none", 0, True), ("linear", 2, True), ("hard", 2, 0)):
        given = {**SETTINGS, "self_paced": True, "tp": 2, "linear": linear}
        options = types.SimpleNamespace(**given, loss_type="RSHNL")
        shares = [torch.softmax(x @ centers.T, 1) for x in (u, v)]
        criterion = program.SupConLoss(gamma=GAMMA)
        value, weights = criterion(u, v, *shares, y, epoch, options)
        arrays |= common.with_gradients(torch, name, value, moving)
        arrays |= {f"exp_{name}_weights": weights} if epoch else {}
    arrays |= {k: x.detach() for k, x in moving.items()}
    return {**arrays, "labels": y, "age": GAMMA, **renamed(SETTINGS)}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """4 epochs of the clone's loop, the last two with weighted rows."""
    program = program_of()
    log, weights = common.log_losses(torch), list[Any]()
    image, text, labels = common.draw(torch, rng)
    labels[torch.arange(len(labels)), torch.arange(len(labels)) % common.CLASSES] = 1
    noisy = labels.clone()
    noisy[::3] = noisy[::3].roll(1, 1)
    parts = (image, text, noisy, labels)
    loaders = [common.Loader(torch, parts, shuffle=s) for s in (True, False)]
    ask = program.SupConLoss.forward

    def asked(*args: Any) -> Any:
        value, found = ask(*args)
        if torch.is_grad_enabled():
            weights.append(found + torch.zeros(common.BATCH))
        return value, found

    program.SupConLoss.forward = asked
    sizes = (common.WIDTH, common.WORDS, common.CLASSES, common.BITS)
    model, centers = networks(torch, sizes, common.HIDDEN)
    nets = {"img": model.img_net, "txt": model.text_net, "gen": centers}
    start = states(nets, "init")
    settings = {**SETTINGS, "gamma": GAMMA, "tp": 2, "MAX_EPOCH": 4}
    fit(torch, model, centers, loaders, settings, 1e-3)
    # The first pass only looks for rows that are clean.
    orders = np.array(loaders[0].orders[1:])
    rows = np.zeros(orders.shape, np.float32)
    by_epoch = torch.cat(weights).detach().numpy().reshape(orders.shape)
    np.put_along_axis(rows, orders, by_epoch, axis=1)
    inputs = {"img": image, "txt": text, "labels": noisy, "batch_size": common.BATCH}
    inputs |= {**renamed(SETTINGS), "age": GAMMA, "learning_rate": 1e-3}
    inputs |= {"warmup_epochs": 2, "batch_order": orders, **start}
    outputs = {"exp_loss": log, "exp_weights": rows[2:]}
    return {**inputs, **outputs, **states(nets, "exp_final")}


def program_of() -> Any:
    """The clone's training module, which takes every epoch for better than the last."""
    # It prints the version of a package that it does not use.
    unused: Any = importlib.import_module("torchvision")
    unused.__version__ = ""
    program: Any = importlib.import_module("train_model")
    # The weights of the best epoch are kept.
    scores = itertools.count(1)
    program.fx_calc_map_multilabel = lambda *a, **k: float(next(scores))
    return program


def fit(
    torch: Any, model: Any, centers: Any, loaders: Any, settings: Any, rate: float
) -> None:
    """The clone's training loop; the loaders are for training and validation."""
    program: Any = importlib.import_module("train_model")
    parameters = [{"params": net.parameters()} for net in (centers, model)]
    optimizer = torch.optim.Adam(parameters, lr=rate)
    given = {"self_paced": True, "linear": True, "loss_type": "RSHNL", **settings}
    given["data_class"] = centers.fc1.in_features
    data = dict(zip(("train", "valid"), loaders, strict=True))
    configs = types.SimpleNamespace(**given)
    program.train_model(model, centers, data, optimizer, configs)


def networks(torch: Any, sizes: tuple[int, int, int, int], hidden: int) -> Any:
    """The clone's networks and its class centers, with narrow hidden layers.

    The sizes are those of image, text, labels and codes.
    """
    image_dim, text_dim, classes, bits = sizes
    program: Any = importlib.import_module("model")

    def narrow(inputs: int, outputs: int, **given: Any) -> Any:
        ends = (hidden if n == 4096 else n for n in (inputs, outputs))
        return torch.nn.Linear(*ends, **given)

    program.nn = types.SimpleNamespace(Linear=narrow, init=torch.nn.init)
    nets = program.IDCM_NN(image_dim, text_dim, bits)
    for net, width in ((nets.img_net, image_dim), (nets.text_net, text_dim)):
        if width == 4096:
            net.fc1 = torch.nn.Linear(width, hidden)
    return nets, program.Embedding(classes, bits)


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own loop, with numbers by its own options."""
    program_of()
    given, parts = task.options, (task.image, task.text, task.labels, task.labels)
    common.draw_from(torch, task.seed)
    loaders = (
        common.Loader(torch, parts, batch_size=given["training.batch_size"]),
        common.Loader(torch, common.few(parts), shuffle=False),
    )
    image_dim, text_dim, classes = (x.shape[1] for x in parts[:3])
    sizes = (image_dim, text_dim, classes, given["bits"])
    model, centers = networks(torch, sizes, given["options.hidden"])
    names = {
        "alpha": "hparams.contrast_weight", "lamda": "hparams.aggregation_weight",
        "q": "hparams.exponent", "tau": "hparams.temperature",
        "gamma": "hparams.pace_threshold", "tp": "options.warmup_epochs",
        "MAX_EPOCH": "training.epochs",
    }  # fmt: skip
    settings = {k: given[name] for k, name in names.items()}
    fit(torch, model, centers, loaders, settings, given["hparams.learning_rate"])
    return common.coders({"img": model.img_net, "txt": model.text_net})


def states(nets: dict[str, Any], stage: str) -> dict[str, np.ndarray]:
    """The weights of all networks, by the names of recorded files."""
    found = {}
    for key, value in common.states(nets, stage).items():
        start, layer, kind = key.split(".")
        found[f"{start}.{NAMES[layer]}.{kind}"] = value
    return found


def renamed(settings: dict[str, float]) -> dict[str, float]:
    """The clone's settings, by the names of this package."""
    names = {"alpha": "contrast_weight", "lamda": "aggregation_weight"}
    names |= {"q": "exponent", "tau": "temperature"}
    return {names[k]: x for k, x in settings.items()}


RECORDS = {"losses": losses, "run": run}
