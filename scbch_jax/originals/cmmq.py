"""Records outputs of a clone of CMMQ's released code: losses, and a short run.

The repository is Mutual-Quantization-for-Cross-Modal-Search-With-Noisy-Labels, of
yangerkun. Its image network is a ResNet18 on pictures; three linear layers replace it.
"""

import importlib
import itertools
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common

SETTINGS = {"n_class": common.CLASSES, "lambda": 1e-4, "beta": 0.1}
RATE, RAMP = 0.5, 3
"""Noise rate and epochs of its ramp: shares of 0, 1/4, 1/2 and 1/2 are left out."""


def program_of() -> Any:
    """The clone's module; it ships one of its own imports as byte-code only."""
    sys.modules["noisyutils"] = types.ModuleType("noisyutils")
    program: Any = importlib.import_module("My_method")
    program.noise_rate, program.num_gradual = RATE, RAMP
    return program


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The loss of whole and of reduced batches, and both rules for targets.

    In double precision: (1 + tanh z) / 2 loses digits of probabilities near 0 and 1.
    """
    program, narrow = program_of(), torch.Tensor.float
    torch.Tensor.float = torch.Tensor.double
    u, v = (torch.tensor(rng.normal(size=(9, common.BITS))) for _ in range(2))
    moving = {"image_logits": u.requires_grad_(), "text_logits": v.requires_grad_()}
    y = torch.tensor((rng.random((9, common.CLASSES)) < 0.3) * 1.0)
    y[torch.arange(9), torch.arange(9) % common.CLASSES] = 1
    criterion = program.Robust_Loss({**SETTINGS, "dataset": "flickr"}, common.BITS)
    single = program.Robust_Loss({**SETTINGS, "dataset": "nuswide10"}, common.BITS)
    arrays = {"exp_majority": criterion.label2center(y)}
    arrays |= {"exp_first": single.label2center(y)}
    for name, share, beta in (("all", 0, 0.1), ("kept", 0.25, 0.1), ("plain", 0.25, 0)):
        value = criterion(u, v, y, None, share, {**SETTINGS, "beta": beta})
        arrays |= common.with_gradients(torch, name, value, moving)
    torch.Tensor.float = narrow
    arrays |= {k: x.detach() for k, x in moving.items()}
    arrays |= {"labels": y, "tie": criterion.multi_label_random_center * 2 - 1}
    return {**arrays, **numbers(), "exp_proxies": criterion.hash_targets}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """4 epochs of the clone's loop, the last two with half of the ramp or all of it."""
    program, log = program_of(), common.log_losses(torch)
    image, text, labels = common.draw(torch, rng)
    noisy = labels.clone()
    noisy[::3] = noisy[::3].roll(1, 1)
    parts = (image, text, labels, noisy)
    loader = common.Loader(torch, parts)
    program.get_data = lambda _: (loader,) * 3 + (common.ROWS,) * 3
    nets, start, ties, make = {}, {}, list[Any](), program.Robust_Loss.__init__

    def made(self: Any, *args: Any) -> None:
        make(self, *args)
        start.update(states(nets, "init"))
        ties.append(self.multi_label_random_center * 2 - 1)

    program.Robust_Loss.__init__ = made
    rate = {"lr": 1e-4, "weight_decay": 1e-3}
    widths = (common.WIDTH, common.HIDDEN, common.HIDDEN)
    config = {**SETTINGS, **configuration(torch, nets, widths, rate), "epoch": 4}
    program.train_val({**config, "tag_len": common.WORDS}, common.BITS)
    inputs = {"img": image, "txt": text, "labels": noisy, "batch_size": common.BATCH}
    inputs |= {**numbers(), "learning_rate": rate["lr"]}
    inputs |= {"weight_decay": rate["weight_decay"], "ramp_epochs": RAMP}
    inputs |= {"tie": ties[0], "batch_order": np.array(loader.orders), **start}
    return {**inputs, "exp_loss": log, **states(nets, "exp_final")}


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own loop, with numbers by its own options."""
    program, given, nets = program_of(), task.options, dict[str, Any]()
    epochs, ramp = given["training.epochs"], given["options.ramp_epochs"]
    if epochs < ramp:
        raise ValueError(
            f"epochs: got {epochs}, wanted {ramp} or more, as the ramp has"
        )
    program.noise_rate, program.num_gradual = given["hparams.noise_rate"], ramp
    parts = (task.image, task.text, task.labels, task.labels)
    common.draw_from(torch, task.seed)
    loader = common.Loader(torch, parts, batch_size=given["training.batch_size"])
    program.get_data = lambda _: (loader,) * 3 + (len(task.image),) * 3
    rate = {"lr": given["hparams.learning_rate"]}
    rate["weight_decay"] = given["hparams.weight_decay"]
    hidden = [given["options.hidden"]] * (given["options.image_layers"] - 1)
    widths = (task.image.shape[1], *hidden)
    config = configuration(torch, nets, widths, rate)
    config |= {"n_class": task.labels.shape[1], "tag_len": task.text.shape[1]}
    config |= {"lambda": given["hparams.quantization_weight"]}
    config |= {"beta": given["hparams.mutual_weight"]}
    program.train_val({**config, "epoch": epochs}, given["bits"])
    return common.coders(nets)


def configuration(
    torch: Any, nets: dict[str, Any], widths: tuple[int, ...], rate: dict[str, float]
) -> dict[str, Any]:
    """The clone's configuration, but for its numbers; keeps the networks it makes.

    The widths are those of the inputs of the image network's layers.
    """
    program: Any = importlib.import_module("My_method")

    def kept(short: str, build: Any) -> Any:
        def built(*args: Any) -> Any:
            nets[short] = build(*args)
            return nets[short]

        return built

    optimizer = {"type": torch.optim.RMSprop, "optim_params": rate}
    config = {"optimizer": optimizer, "txt_optimizer": optimizer, "device": "cpu"}
    # Nothing is scored on the way.
    config |= {"dataset": "flickr", "info": "", "test_map": 1 << 30}
    config |= {"net": kept("img", lambda bits: image_network(torch, (*widths, bits)))}
    return config | {"txt_net": kept("txt", program.TextNet)}


def image_network(torch: Any, widths: tuple[int, ...]) -> Any:
    """Linear layers, named as in the released codes of the other methods."""
    stack = torch.nn.Sequential()
    for pair in itertools.pairwise(widths):
        stack.append(torch.nn.Linear(*pair)).append(torch.nn.ReLU())
    named = torch.nn.Sequential()
    named.add_module("fc", stack[:-1])
    return named


def states(nets: dict[str, Any], stage: str) -> dict[str, np.ndarray]:
    """The weights that are used, by the names of recorded files."""
    names = {"fc.": "fc.", "fc1.": "fc.0.", "fc3.": "fc.2."}
    found = {}
    for key, value in common.states(nets, stage).items():
        start, layer = key.split(".", 1)
        for old, new in names.items():
            if layer.startswith(old):
                found[f"{start}.{new}{layer.removeprefix(old)}"] = value
    return found


def numbers() -> dict[str, float]:
    """The clone's settings, by the names of this package."""
    weights = {"quantization_weight": SETTINGS["lambda"]}
    return {**weights, "mutual_weight": SETTINGS["beta"], "noise_rate": RATE}


RECORDS = {"losses": losses, "run": run}
