"""Records outputs of a clone of Atmegal/DGCPN: losses, and a short run."""

import importlib
import logging
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The graph, and the loss of relaxed and of half binary codes."""
    session = session_of(torch)
    image, text, _ = common.draw(torch, rng)
    arrays: dict[str, Any] = {"img": image, "txt": text, **vars(session.opt)}
    arrays["exp_graph"] = graph = session.cal_similarity(image, text)[0]
    index = torch.tensor(rng.permutation(common.ROWS)[:8])
    codes = [
        torch.tensor(rng.normal(size=(8, common.BITS))).float().tanh() for _ in range(2)
    ]
    live: dict[str, Any] = dict(zip(("image_codes", "text_codes"), codes, strict=True))
    arrays |= {**live, "index": index}
    one, other = (x.requires_grad_() for x in codes)
    block = graph[index, :][:, index]
    for name, pair, moved in (
        ("relaxed", (one, other), live),
        ("binary_text", (one, other.sign().detach()), {"image_codes": one}),
        ("binary_image", (one.sign().detach(), other), {"text_codes": other}),
    ):
        total, parts = session.loss_cal(*pair, block, torch.eye(8))
        arrays |= common.with_gradients(torch, name, total, moved)
        values = [parts[0], sum(parts[1:4]), parts[4]]
        arrays[f"exp_{name}_parts"] = [x.item() for x in values]
    return {k: x.detach() if hasattr(x, "detach") else x for k, x in arrays.items()}


def states(nets: dict[str, Any], stage: str) -> dict[str, Any]:
    """Both networks' weights, under the names that the other clones use."""
    found = common.states(nets, stage).items()
    names = (("fc1", "fc.0"), ("fc_encode", "fc.2"))
    return {k.replace(*names[0]).replace(*names[1]): x for k, x in found}


NUMBERS = {
    "a1": 0.01, "a2": 0.3, "knn_number": common.ROWS // 2, "scale": float(common.ROWS),
    "K": 1.5, "dw": 1.0, "cw": 1.0, "batch_size": common.BATCH, "num_epochs": 4,
}  # fmt: skip
"""Half of the rows are neighbors."""


def session_of(
    torch: Any, width: int = common.WIDTH, numbers: dict[str, Any] = NUMBERS
) -> Any:
    """The clone's session without data; `width` stands for 4,096."""
    linear = torch.nn.Linear

    def narrow(rows: int, columns: int) -> Any:
        return linear(*(width if n == 4096 else n for n in (rows, columns)))

    torch.nn.Linear = narrow
    torch.nn.init.normal = torch.nn.init.normal_
    sys.modules["load_data"] = common.Placeholder("load_data")
    program: Any = importlib.import_module("train_div")
    session = program.Session.__new__(program.Session)
    session.opt = types.SimpleNamespace(**numbers)
    session.kinds, session.linear = (program.ImgNet, program.TxtNet), linear
    session.logger = logging.getLogger("recorded")
    return session


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Four epochs of the clone's session, without dropout."""
    session, log = session_of(torch), common.log_losses(torch)
    image, text, labels = common.draw(torch, rng)
    session.gs = session.cal_similarity(image, text)[0]
    session.train_loader = common.Loader(torch, (image, text, labels))
    made = [
        kind(code_len=common.BITS, txt_feat_len=common.WORDS) for kind in session.kinds
    ]
    session.CodeNet_I, session.CodeNet_T = made
    nets = {"img": made[0], "txt": made[1]}
    rate = {"lr": 0.005, "momentum": 0.9, "weight_decay": 5e-4}
    for name, net in zip(("opt_I", "opt_T"), made, strict=True):
        net.dropout.p = 0.0
        setattr(session, name, torch.optim.SGD(net.parameters(), **rate))
    inputs = {
        "img": image,
        "txt": text,
        "labels": labels,
        **states(nets, "init"),
    }
    for epoch in range(session.opt.num_epochs):
        session.train(epoch)
    inputs |= {"batch_order": np.array(session.train_loader.orders), **rate}
    outputs = {
        "exp_loss": np.array(log).reshape(-1, 3),
        **states(nets, "exp_final"),
    }
    return {**inputs, **vars(session.opt), **outputs}


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's session, with dropout and numbers by its own options."""
    given, rows = task.options, len(task.labels)
    names = {
        "a1": "options.text_weight", "a2": "options.coherence_share",
        "scale": "options.scale", "K": "hparams.pair_target",
        "dw": "hparams.coherence_weight", "cw": "hparams.consistency_weight",
        "batch_size": "training.batch_size", "num_epochs": "training.epochs",
    }  # fmt: skip
    numbers = {k: given[name] for k, name in names.items()}
    numbers["knn_number"] = rows - given["options.neighbors"]
    session = session_of(torch, given["options.hidden"], numbers)
    common.draw_from(torch, task.seed)
    # It measures the retrieval within each batch, for its log only.
    program: Any = importlib.import_module("train_div")
    program.calc_dis = lambda *args: 0.0
    session.gs = session.cal_similarity(task.image, task.text)[0]
    parts = task.image, task.text, task.labels
    session.train_loader = common.Loader(torch, parts, batch_size=numbers["batch_size"])
    widths = {"code_len": given["bits"], "txt_feat_len": task.text.shape[1]}
    nets = dict(zip("IT", (kind(**widths) for kind in session.kinds), strict=True))
    nets["I"].fc1 = session.linear(task.image.shape[1], given["options.hidden"])
    rate = {k: given[f"hparams.{k}"] for k in ("momentum", "weight_decay")}
    rate["lr"] = given["hparams.learning_rate"]
    for short, net in nets.items():
        net.dropout.p = given["options.dropout"]
        setattr(session, f"CodeNet_{short}", net)
        optimizer = torch.optim.SGD(net.parameters(), **rate)
        setattr(session, f"opt_{short}", optimizer)
    for epoch in range(numbers["num_epochs"]):
        session.train(epoch)
    image, text = (net.eval() for net in nets.values())
    return lambda x: image(x)[1], lambda x: text(x)[1]


RECORDS = {"losses": losses, "run": run}
