"""Records outputs of a clone of XizeWu/CIRH: its graph, its losses, and a short run.

The run is in double precision. A bias before batch normalization has gradient 0; in
single precision Adam would make steps of its rounding errors.
"""

import importlib
import logging
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common

EPOCHS, BATCH = 4, 20
"""Of the run: of its 48 rows there are two whole batches, and one of 8."""

NARROW = {512: 16, 1024: 32, 4096: common.HIDDEN}
"""Widths by those of the clone."""


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The graph, and both losses of drawn codes with their gradients."""
    image, text, labels = common.draw(torch, rng)
    session, log = session_of(torch, (image, text, labels)), common.log_losses(torch)
    rows, graph = 9, session.S_cmm
    names = ("image_part", "text_part", "codes", "image_codes", "text_codes")
    codes = {k: torch.tensor(rng.normal(size=(rows, common.BITS))) for k in names}
    codes = {k: x.float().requires_grad_() for k, x in codes.items()}
    part, other, joint, *relaxed = codes.values()
    total = session.loss_method(part, other, joint, joint.sign(), graph[:rows, :rows])
    moved = {k: codes[k] for k in names[:3]}
    outputs = common.with_gradients(torch, "joint", total, moved)
    # In place of its hash functions, codes that are given.
    session.imgnet, session.txtnet = (Given(x) for x in relaxed)
    session.S_cmm = graph[:rows, :rows]
    signs = joint.sign().detach().numpy()
    session.train_Hashfunc(signs, list(range(rows)), 0)
    outputs |= {"exp_functions": np.float32(log[-1])}
    outputs |= {f"exp_functions_grad_{k}": codes[k].grad for k in names[3:]}
    inputs = {"img": image, "txt": text, **{k: x.detach() for k, x in codes.items()}}
    return {**inputs, **numbers(session), "exp_graph": graph, **outputs}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Epochs of both stages, without dropout, and codes by the clone's evaluation."""
    torch.set_default_dtype(torch.float64)
    torch.float, torch.FloatTensor = torch.float64, torch.DoubleTensor
    image, text, labels = (x.double() for x in common.draw(torch, rng))
    # The first word is in all texts: a constant, as a bias is.
    parts = (image, text[:, 1:], labels)
    session, log = session_of(torch, parts), common.log_losses(torch)
    nets = {"joint": session.mynet, "img": session.imgnet, "txt": session.txtnet}
    session.imgnet.dp.p = session.txtnet.dp.p = 0.0
    inputs = dict(zip(("img", "txt", "labels"), parts, strict=True))
    inputs |= states(nets, "init")
    for epoch in range(EPOCHS):
        session.train_Hashfunc(*session.train_method(epoch), epoch)
    inputs |= {"batch_order": np.array(session.train_loader.orders), **numbers(session)}
    for net in nets.values():
        net.eval()
    one = [(*parts, None)]
    image, text, *_ = importlib.import_module("utils").compress(
        one, one, session.imgnet, session.txtnet
    )
    # The losses of all batches of an epoch: of the joint network, of the functions.
    outputs = {"exp_loss": np.array(log).reshape(EPOCHS, 2, -1)}
    outputs |= {"exp_image_codes": image, "exp_text_codes": text}
    return {**inputs, **outputs, **states(nets, "exp_final")}


def states(nets: dict[str, Any], stage: str) -> dict[str, Any]:
    """The weights of all networks; no running statistics, which nothing reads."""
    return {
        f"{stage}_{short}.{k}": x.detach().numpy().copy()
        for short, net in nets.items()
        for k, x in net.named_parameters()
    }


class Given:
    """In place of a network: codes that are given, whatever the features."""

    def __init__(self, codes: Any) -> None:
        """Returns these codes."""
        self.codes = codes

    def __call__(self, rows: Any) -> Any:
        """The codes."""
        return self.codes

    def train(self) -> None:
        """Has no mode."""


def numbers(session: Any) -> dict[str, Any]:
    """The clone's constants, by its own names."""
    names = "lambda1 lambda2 beta K a1 a2 LR_IMG LR_TXT LR_MyNet BATCH_SIZE"
    return {k: getattr(session.config, k) for k in names.split()}


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own stages in turn, with numbers by its own options."""
    given, functional = task.options, torch.nn.functional
    hidden, bits = given["options.hidden"], given["bits"]
    common.draw_from(torch, task.seed)
    numbers = {
        "BATCH_SIZE": given["training.batch_size"], "HASH_BIT": bits,
        "NUM_EPOCH": given["training.epochs"],
        "K": int(given["options.dropped"] * len(task.image)),
        "a1": given["options.image_weight"], "a2": given["options.cosine_weight"],
        "lambda1": given["hparams.identity_weight"],
        "lambda2": given["hparams.correlation_weight"],
        "beta": given["hparams.similarity_weight"],
        "LR_MyNet": given["hparams.joint_learning_rate"],
        "LR_IMG": given["hparams.image_learning_rate"],
        "LR_TXT": given["hparams.text_learning_rate"],
    }  # fmt: skip
    session = opened(torch, (task.image, task.text, task.labels), numbers)
    image, text = session.imgnet, session.txtnet
    image.fc1 = torch.nn.Linear(task.image.shape[1], hidden)
    image.tohash = torch.nn.Linear(hidden, bits)
    torch.nn.init.normal_(image.tohash.weight)
    session.opt_imgnet = torch.optim.Adam(image.parameters(), lr=numbers["LR_IMG"])
    image.dp.p = text.dp.p = given["options.dropout"]
    for epoch in range(given["training.epochs"]):
        session.train_Hashfunc(*session.train_method(epoch), epoch)
    image.eval()
    text.eval()
    # As the clone's own evaluation does.
    return (
        lambda rows: image(functional.normalize(rows)),
        lambda rows: text(functional.normalize(rows)),
    )


def session_of(torch: Any, parts: Any) -> Any:
    """The clone's session with small networks.

    It drops few cosines, since a row with fewer than four others in a batch would have
    ties among those that it is mixed with.
    """
    if "load_data" not in sys.modules:
        narrow_layers(torch)
    # The hash functions' rates are ten times the released ones: a run is to move them.
    numbers = {
        "BATCH_SIZE": BATCH, "HASH_BIT": common.BITS, "NUM_EPOCH": EPOCHS,
        "K": common.ROWS // 8, "a1": 0.6, "a2": 0.6,
        "lambda1": 10.0, "lambda2": 1.0, "beta": 0.01,
        "LR_IMG": 1e-3, "LR_TXT": 1e-3, "LR_MyNet": 1e-3,
    }  # fmt: skip
    return opened(torch, parts, numbers)


def opened(torch: Any, parts: Any, numbers: dict[str, Any]) -> Any:
    """The clone's session on given rows instead of files."""
    loaders = {f"get_loader_{k}": None for k in ("flickr", "nus", "coco")}
    sys.modules["load_data"] = types.SimpleNamespace(**loaders)  # type: ignore[assignment]
    loader = common.Loader(torch, parts, batch_size=numbers["BATCH_SIZE"])
    data = dict.fromkeys(("train", "query", "database"), loader)
    program: Any = importlib.import_module("my_opt")
    program.get_loader_flickr = lambda size: (data, [x.numpy() for x in parts])
    given = {"DATASET": "MIRFlickr", "EPOCH_INTERVAL": 0.5, **numbers}
    config = types.SimpleNamespace(**given)
    return program.PCIRH(logging.getLogger("recorded"), config)


def narrow_layers(torch: Any) -> None:
    """Makes layers narrower than the clone asks for."""
    linear, norm = torch.nn.Linear, torch.nn.BatchNorm1d

    def narrow(layer: Any) -> Any:
        return lambda *widths: layer(*(NARROW.get(n, n) for n in widths))

    torch.nn.Linear, torch.nn.BatchNorm1d = narrow(linear), narrow(norm)


RECORDS = {"losses": losses, "run": run}
