"""Records outputs of a clone of comrados/cpah: one step, and a short run.

The clone's layers of one convolution each, which PyTorch no longer runs on rows, are
replaced by the linear layers that they equal; its width of 512 by a smaller one.
"""

import importlib
import sys
from typing import Any

import numpy as np

from scbch_jax.originals import common

HIDDEN = 16
NUMBERS = {"alpha": 0.1, "beta": 1.0, "lr": 1e-4}


def program_of() -> Any:
    """The clone's module; its graphs need a package that it imports for them."""
    sys.modules["visdom"] = common.Placeholder("visdom")
    return importlib.import_module("main")


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """One batch: all losses, their gradients, and codes by running statistics."""
    recorded, model, grads = trained(torch, rng, rows=9, epochs=1)
    image, text = recorded["img"], recorded["txt"]
    model.eval()
    recorded["exp_image_codes"] = model.generate_img_code(image).detach()
    recorded["exp_text_codes"] = model.generate_txt_code(text).detach()
    return recorded | {f"exp_grad_{k}": x for k, x in grads.items()}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Four epochs of the clone's loop; the last batch is short, the rate falls once.

    In float64: a bias before a normalization has no gradient but rounding, which Adam
    would amplify.
    """
    torch.set_default_dtype(torch.float64)
    return trained(torch, rng, rows=44, epochs=4)[0]


def trained(torch: Any, rng: Any, *, rows: int, epochs: int) -> Any:
    """Trains by the clone's own loop.

    Returns:
        Inputs, random draws and outputs; the model; and the gradients of its first step
        by the names of the weights.
    """
    program, log = program_of(), common.log_losses(torch)
    dtype = torch.get_default_dtype()
    image, text, labels = (x[:rows].to(dtype) for x in common.draw(torch, rng))
    parts = image, text, labels
    loader = common.Loader(torch, parts, common.positions_first)
    made, shares, grads = list[Any](), list[Any](), dict[str, Any]()
    signs, mixing, normal = torch.randn(rows, common.BITS), torch.rand, torch.randn
    adam: Any = importlib.import_module("torch.optim").Adam

    def observed(*args: Any, **given: Any) -> Any:
        optimizer = adam(*args, **given)
        step, own = optimizer.step, [g["params"] for g in optimizer.param_groups]

        def observed_step() -> None:
            ids = {id(x) for group in own for x in group}
            for name, x in made[0][0].named_parameters():
                if id(x) in ids and x.grad is not None:
                    grads.setdefault(name, x.grad.numpy().copy())
            step()

        optimizer.step = observed_step
        return optimizer

    def kept(*sizes: int) -> Any:
        model = network(torch, *sizes)
        made.append((model, weights(model, "init")))
        return model

    def mixed(*shape: int) -> Any:
        shares.append(mixing(*shape).numpy())
        return torch.tensor(shares[-1])

    program.CPAH, program.Adam = kept, observed
    torch.rand, torch.randn = mixed, lambda *shape: signs
    settings = {**NUMBERS, "bit": common.BITS, "hidden_dim": HIDDEN}
    fit(parts, loader, max_epoch=epochs, batch_size=common.BATCH, **settings)
    torch.rand, torch.randn = mixing, normal
    torch.autograd.set_detect_anomaly(False)
    ((model, start),) = made
    inputs = {"img": image, "txt": text, "labels": labels, "memory": signs.sign()}
    inputs |= {"batch_order": np.array(loader.orders), "batch_size": common.BATCH}
    # The draws of all batches, one below the other.
    inputs |= {"shares": np.concatenate(shares), **NUMBERS, **start}
    # Four values a step: of images, of texts, of the penalty, of the hash networks.
    outputs = {"exp_loss": np.array(log).reshape(-1, 4), **weights(model, "exp_final")}
    return {**inputs, **outputs}, model, grads


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own loop, with numbers by its own options."""
    program, given, made = program_of(), task.options, list[Any]()
    parts = (task.image, task.text, task.labels)
    common.draw_from(torch, task.seed)
    batch_size = given["training.batch_size"]
    loader = common.Loader(torch, parts, common.positions_first, batch_size=batch_size)

    def kept(*sizes: int) -> Any:
        made.append(network(torch, *sizes))
        return made[0]

    program.CPAH = kept
    names = {
        "bit": "bits", "hidden_dim": "options.hidden", "max_epoch": "training.epochs",
        "alpha": "hparams.classification_weight", "lr": "hparams.learning_rate",
        "beta": "hparams.quantization_weight",
    }  # fmt: skip
    settings = {k: given[name] for k, name in names.items()}
    fit(parts, loader, batch_size=batch_size, **settings)
    model = made[0].eval()
    return model.generate_img_code, model.generate_txt_code


def fit(parts: tuple[Any, ...], loader: Any, **settings: Any) -> None:
    """The clone's training loop on these rows, which nothing is scored on."""
    program, (image, text, labels) = program_of(), parts
    program.load_data = lambda *args, **kwargs: parts
    program.Dataset = lambda *args, test="", **kwargs: Rows(labels, test)
    program.DataLoader = lambda *args, **kwargs: loader
    program.valid = lambda *args: (0.0,) * 4
    program.save_model = program.write_pickle = lambda *args: None
    program.train(
        dataset="", data_path="", device="cpu", valid=False,
        image_dim=image.shape[1], text_dim=text.shape[1], num_label=labels.shape[1],
        training_size=len(image), **settings,
    )  # fmt: skip


def network(torch: Any, *sizes: int) -> Any:
    """The clone's network for image, text, hidden layers, bits and classes."""
    hidden, bits = sizes[2:4]
    model = importlib.import_module("models.CPAH").CPAH(*sizes)
    for short in ("img", "txt"):
        model.hash_module[short][0] = torch.nn.Linear(hidden, bits)
        model.mask_module[short] = torch.nn.Sequential(
            torch.nn.Linear(hidden, hidden), torch.nn.Sigmoid()
        )
    return model


def weights(model: Any, stage: str) -> dict[str, np.ndarray]:
    """All trained weights and running statistics, copied."""
    return {
        f"{stage}_{k}": x.detach().numpy().copy()
        for k, x in model.state_dict().items()
        if not k.endswith("num_batches_tracked") and "consistency" not in k
    }


class Rows:
    """The clone's view of a training set, or of what it tests on."""

    def __init__(self, labels: Any, test: str) -> None:
        """`test` names what is tested; empty for the training set."""
        self.labels, self.test = labels, test

    def get_labels(self) -> Any:
        """Labels, of queries and database if it is a test."""
        return (self.labels, self.labels) if self.test else self.labels


RECORDS = {"losses": losses, "run": run}
