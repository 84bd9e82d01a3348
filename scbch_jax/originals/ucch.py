"""Records outputs of a clone of penghu-cs/UCCH: losses, and a short run."""

import importlib
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """Ranking, contrast in both phases, and the memory that each leaves."""
    stand_in_for_logs()
    ranking = importlib.import_module("src.utils").ContrastiveLoss
    average = importlib.import_module("NCE.NCEAverage").NCEAverage
    softmax = importlib.import_module("NCE.NCECriterion").NCESoftmaxLoss()
    h, g = (common.unit(torch, rng, 6).requires_grad_() for _ in range(2))
    own = torch.tensor(rng.permutation(20)[:6])
    drawn = torch.tensor(rng.integers(0, 20, (6, 9)))
    moving, arrays = {"image_codes": h, "text_codes": g}, {}
    for shift in (1.0, 0.1):
        value = ranking(0.2, shift=shift)(h, g)
        arrays |= common.with_gradients(torch, f"ranking_s{shift}", value, moving)
    start = None
    for name, epoch in (("warm", -1), ("contrast", 0)):
        memory = average(common.BITS, 20, 9, 0.9, 0.4)
        start = memory.memory.clone() if start is None else start
        memory.memory.copy_(start)
        everything = torch.cat([own[:, None], drawn], dim=1)
        sides = memory(h, g, own, idx=everything, epoch=epoch)
        value = softmax(sides[0]) + softmax(sides[1])
        arrays |= common.with_gradients(torch, name, value, moving)
        arrays[f"exp_memory_after_{name}"] = memory.memory.numpy()
    inputs = {"image_codes": h.detach().numpy(), "text_codes": g.detach().numpy()}
    inputs |= {"memory": start, "own": own, "drawn": drawn, "margin": 0.2}
    return {**arrays, **inputs, "temperature": 0.9, "momentum": 0.4}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Four epochs of the clone's own program, the first of them its warm-up."""
    image, text, labels = common.draw(torch, rng)
    numbers = {"margin": 0.2, "shift": 0.1, "contrast_weight": 0.7, "temperature": 0.9}
    numbers |= {"momentum": 0.4, "learning_rate": 1e-3, "weight_decay": 1e-3}
    program = program_of(
        "--alpha", "0.7", "--shift", "0.1", "--lr", "1e-3", "--wd", "1e-3",
        "--K", "9", "--bit", str(common.BITS), "--max_epochs", "4",
    )  # fmt: skip
    log, nets = common.log_losses(torch), dict[str, Any]()
    loaders = give_rows(torch, program, (image, text, labels), common.BATCH)
    narrow(program, nets, (common.WIDTH, common.WORDS), common.HIDDEN)
    memories, drawn, start = list[Any](), list[Any](), dict[str, Any]()
    make_memory = program.NCEAverage

    def remembered(*args: Any) -> Any:
        memory = make_memory(*args)
        sample = memory.multinomial.draw

        def draw_rows(count: int) -> Any:
            drawn.append(sample(count))
            return drawn[-1]

        memory.multinomial.draw = draw_rows
        start.update(common.states(nets, "init"), memory=memory.memory.numpy().copy())
        memories.append(memory)
        return memory

    program.NCEAverage = remembered
    program.main()
    inputs = {"img": image, "txt": text, "labels": labels, "batch_size": common.BATCH}
    # The first of each sample's draws is its own row, filled in after the draw.
    inputs["drawn"] = np.array([x.view(common.BATCH, -1)[:, 1:].numpy() for x in drawn])
    inputs["batch_order"] = np.array(loaders[0].orders)
    outputs = {"exp_loss": log, "exp_memory": memories[0].memory}
    return {**inputs, **numbers, **start, **outputs, **common.states(nets, "exp_final")}


def stand_in_for_logs() -> None:
    """The clone's own module needs pandas."""
    module = types.ModuleType("src.logger")
    module.create_logger = module.PD_Stats = None  # type: ignore[attr-defined]
    sys.modules["src.logger"] = module


def program_of(*words: str) -> Any:
    """The clone's program with these options, without its progress bars and logs."""
    sys.argv = ["UCCH.py", "--data_name", "recorded_fea", "--root_dir", ".", *words]
    stand_in_for_logs()
    for absent in ("utils.bar_show", "src.cmdataset", "imp", "nets.resnet", "nets.vgg"):
        sys.modules[absent] = common.Placeholder(absent)
        sys.modules[absent].__all__ = []  # type: ignore[attr-defined]
    clip: Any = importlib.import_module("torch.nn.utils.clip_grad")
    clip.clip_grad_norm = clip.clip_grad_norm_
    writer: Any = common.Placeholder("tensorboard")
    writer.SummaryWriter = lambda *args: writer
    sys.modules["torch.utils.tensorboard"] = writer
    program: Any = importlib.import_module("UCCH")
    # Every epoch is as good as the best, so that the last one's weights are kept.
    program.fx_calc_map_multilabel_k = lambda *args, **kwargs: 0.5
    return program


def give_rows(torch: Any, program: Any, parts: Any, batch_size: int) -> list[Any]:
    """Lets the clone read these images, texts and labels; returns its loaders."""
    image, text, _ = parts
    data = types.SimpleNamespace(imgs=image, text_dim=text.shape[1])
    program.CMDataset = lambda *args, **kwargs: data
    loaders = list[Any]()

    def loader(_: Any, *, shuffle: bool = False, **rest: Any) -> Any:
        def shape(x: Any, t: Any, y: Any, index: Any) -> Any:
            return (index, [x], [t], y) if shuffle else ([x], [t], y)

        rows = parts if shuffle else common.few(parts)
        given = {"shuffle": shuffle, "batch_size": batch_size, "drop_last": shuffle}
        loaders.append(common.Loader(torch, rows, shape, **given))
        return loaders[-1]

    torch.utils.data.DataLoader = loader
    return loaders


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own program, with numbers by its own options."""
    given, nets = task.options, dict[str, Any]()
    words = {
        "bit": "bits", "max_epochs": "training.epochs", "K": "options.negatives",
        "warmup_epoch": "options.warmup_epochs", "alpha": "hparams.contrast_weight",
        "T": "hparams.temperature", "momentum": "hparams.momentum",
        "margin": "hparams.margin", "shift": "hparams.shift",
        "lr": "hparams.learning_rate", "wd": "hparams.weight_decay",
    }  # fmt: skip
    program = program_of(*(f"--{k}={given[name]}" for k, name in words.items()))
    common.draw_from(torch, task.seed)
    parts = task.image, task.text, task.labels
    give_rows(torch, program, parts, given["training.batch_size"])
    widths = task.image.shape[1], task.text.shape[1]
    narrow(program, nets, widths, given["options.hidden"])
    program.main()
    return common.coders(nets)


def narrow(program: Any, nets: Any, widths: tuple[int, int], hidden: int) -> None:
    """Other widths, and networks that are kept."""
    names = ("ImageNet", "TextNet")
    common.narrow_modules(program.models, nets, widths, hidden, names)


RECORDS = {"losses": losses, "run": run}
