"""Records outputs of a clone of zzidlezz/DHRL: its losses, and a short run.

The run is in double precision. A bias before batch normalization, or of an attention's
keys, has gradient 0; in single precision Adam would make steps of its rounding errors.
"""

import importlib
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common

WIDTH, BITS, KEPT = 8, 6, 12
"""Width of a token, tokens, and rows of a batch that are kept of its 16."""


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """Ranking scores, cross-entropies with gradients, and codes of a new model."""
    program = program_of(torch)
    labels = common.draw(torch, rng)[2][:9]
    logits = torch.tensor(1.5 * rng.normal(size=labels.shape)).float().requires_grad_()
    scores, _ = program.Ranking(labels, logits, 0.2, 0.8)
    entropy = program.LRLoss(torch.ones(1))(logits, labels)
    outputs = {"exp_ranking": scores.detach(), "exp_entropies": entropy.detach()}
    outputs |= common.with_gradients(
        torch, "entropy", entropy.mean(), {"logits": logits}
    )
    image, text, _ = common.draw(torch, rng)
    model = program.DHRL(options_of(image, text)).eval()
    codes = model(image, text)
    names = ("image_codes", "text_codes", "image_logits", "text_logits")
    outputs |= {f"exp_{k}": x.detach() for k, x in zip(names, codes, strict=True)}
    inputs = {"ranked": labels, "logits": logits.detach(), "img": image, "txt": text}
    return {**inputs, **state_of(model, "init"), **outputs}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Three epochs of the clone's own training function, without dropout."""
    program, log = program_of(torch), common.log_losses(torch)
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    image, text, labels = (x.double() for x in common.draw(torch, rng))
    text = text[:, 1:]  # The first word is in all texts: a constant, as a bias is.
    loaders, start, make = list[Any](), dict[str, Any](), program.DHRL

    def loader(*_: Any, **__: Any) -> Any:
        parts = (image, text, labels)
        loaders.append(common.Loader(torch, parts, common.positions_first))
        return loaders[0]

    def made(args: Any) -> Any:
        model = make(args)
        start.update(state_of(model, "init"))
        return model

    program.data.DataLoader, program.DHRL = loader, made
    # The clone keeps the first 96, of a batch of 128.
    sort = torch.argsort
    torch.argsort = lambda scores: sort(scores)[:KEPT]
    data = types.SimpleNamespace(I_tr=image, T_tr=text, L_tr=labels)
    model = program.train(options_of(image, text), data)
    inputs = {"img": image, "txt": text, "labels": labels, "kept": KEPT, **start}
    inputs |= {"batch_order": np.array(loaders[0].orders), "batch_size": common.BATCH}
    inputs |= {"lr": options_of(image, text).lr}
    return {**inputs, "exp_loss": np.array(log), **state_of(model, "exp_final")}


def options_of(image: Any, text: Any) -> Any:
    """The clone's options, for a small model without dropout."""
    return types.SimpleNamespace(
        image_dim=image.shape[1], text_dim=text.shape[1], classes=common.CLASSES,
        img_hidden_dim=[image.shape[1], common.HIDDEN, WIDTH],
        txt_hidden_dim=[text.shape[1], common.HIDDEN - 4, WIDTH],
        nbit=BITS, nhead=1, num_layer=2, trans_act="gelu", dropout=0.0,
        lr=0.001, epochs=3, batch_size=common.BATCH,
    )  # fmt: skip


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own training function, with numbers by its own options."""
    program, given = program_of(torch), task.options
    image, text, labels = task.image, task.text, task.labels
    common.draw_from(torch, task.seed)
    loader = common.Loader(
        torch,
        (image, text, labels),
        common.positions_first,
        batch_size=given["training.batch_size"],
    )
    program.data.DataLoader = lambda *_, **__: loader
    width = given["options.width"]
    options = options_of(image, text)
    vars(options).update(
        classes=labels.shape[1], nbit=given["bits"],
        img_hidden_dim=[image.shape[1], given["options.hidden"], width],
        txt_hidden_dim=[text.shape[1], given["options.text_hidden"], width],
        num_layer=given["options.layers"], dropout=given["options.dropout"],
        lr=given["hparams.learning_rate"], epochs=given["training.epochs"],
    )  # fmt: skip
    data = types.SimpleNamespace(I_tr=image, T_tr=text, L_tr=labels)
    model = program.train(options, data).eval()

    def of_image(rows: Any) -> Any:
        return model(rows, text.new_zeros(len(rows), text.shape[1]))[0]

    def of_text(rows: Any) -> Any:
        return model(image.new_zeros(len(rows), image.shape[1]), rows)[1]

    return of_image, of_text


def state_of(model: Any, stage: str) -> dict[str, np.ndarray]:
    """Weights and running statistics, copied; positions are not state."""
    return {
        f"{stage}.{k}": x.detach().numpy().copy()
        for k, x in model.state_dict().items()
        if not k.endswith((".pe", "num_batches_tracked"))
    }


def program_of(torch: Any) -> Any:
    """The clone's training program, without its files and without its noise."""
    noise: Any = types.ModuleType("noisifier")
    noise.Multi_Label_Noisifier = lambda: types.SimpleNamespace(
        random_noise_per_sample=lambda labels, *rates: (labels, None)
    )
    data: Any = types.ModuleType("data")
    data.data, data.my_dataset = types.SimpleNamespace(), lambda *parts: parts
    sys.modules |= {"noisifier": noise, "data": data}
    return importlib.import_module("train_transformer")


RECORDS = {"losses": losses, "run": run}
