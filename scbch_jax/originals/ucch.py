"""Records outputs of a clone of penghu-cs/UCCH: losses, and a short run."""

import importlib
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """Ranking, contrast in both phases, and the memory that each leaves."""
    module = types.ModuleType("src.logger")
    module.create_logger = module.PD_Stats = None  # type: ignore[attr-defined]
    sys.modules["src.logger"] = module
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
    sys.argv = [
        "UCCH.py", "--data_name", "recorded_fea", "--alpha", "0.7", "--shift", "0.1",
        "--lr", "1e-3", "--wd", "1e-3", "--K", "9", "--bit", str(common.BITS),
        "--max_epochs", "4", "--root_dir", ".",
    ]  # fmt: skip
    for absent in ("utils.bar_show", "src.cmdataset", "imp", "nets.resnet", "nets.vgg"):
        sys.modules[absent] = common.Placeholder(absent)
        sys.modules[absent].__all__ = []  # type: ignore[attr-defined]
    clip: Any = importlib.import_module("torch.nn.utils.clip_grad")
    clip.clip_grad_norm = clip.clip_grad_norm_
    writer: Any = common.Placeholder("tensorboard")
    writer.SummaryWriter = lambda *args: writer
    sys.modules["torch.utils.tensorboard"] = writer
    program: Any = importlib.import_module("UCCH")
    log = common.log_losses(torch)
    data = types.SimpleNamespace(imgs=image, text_dim=common.WORDS)
    program.CMDataset = lambda *args, **kwargs: data
    program.fx_calc_map_multilabel_k = lambda *args, **kwargs: 0.5
    parts, loaders = (image, text, labels), list[Any]()

    def loader(_: Any, *, shuffle: bool = False, **rest: Any) -> Any:
        def shape(x: Any, t: Any, y: Any, index: Any) -> Any:
            return (index, [x], [t], y) if shuffle else ([x], [t], y)

        loaders.append(common.Loader(torch, parts, shape, shuffle=shuffle))
        return loaders[-1]

    torch.utils.data.DataLoader = loader
    nets, memories, drawn, start = {}, list[Any](), list[Any](), dict[str, Any]()

    def smaller(short: str, kind: Any) -> Any:
        def make(**sizes: Any) -> Any:
            nets[short] = kind(**sizes, mid_num1=common.HIDDEN, mid_num2=common.HIDDEN)
            return nets[short]

        return make

    for short, name in (("img", "ImageNet"), ("txt", "TextNet")):
        setattr(program.models, name, smaller(short, getattr(program.models, name)))
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


RECORDS = {"losses": losses, "run": run}
