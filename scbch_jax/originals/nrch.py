"""Records outputs of a clone of LonganWANG-cs/NRCH: losses, and a short run."""

import importlib
from typing import Any

import numpy as np

from scbch_jax.originals import common


def program_of(torch: Any) -> Any:
    """The clone's module, with its globals as a small run needs them."""
    program: Any = importlib.import_module("NRCH")
    program.bit_len, program.n_class, program.tag_len = (
        common.BITS,
        common.CLASSES,
        common.WORDS,
    )
    program.num_gradual = 0
    # Its mixture starts from one random start of k-means; of many, the best is kept,
    # so that the draw does not decide which rows are left out.
    base: Any = importlib.import_module("sklearn.mixture._base")
    kmeans = base.cluster.KMeans
    base.cluster.KMeans = lambda **given: kmeans(**{**given, "n_init": 50, "tol": 0})
    return program


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The robust loss, and the separation of a training set's rows."""
    program = program_of(torch)
    u, v = (common.unit(torch, rng, 9).requires_grad_() for _ in range(2))
    y = torch.tensor((rng.random((9, common.CLASSES)) < 0.3) * 1.0).float()
    loss = program.Robust_Loss({}, common.BITS)(u, v, y, {"lambda": 0.6})
    moving = {"image_codes": u, "text_codes": v}
    arrays = common.with_gradients(torch, "robust", loss, moving)
    arrays |= {k: x.detach() for k, x in moving.items()}
    arrays |= {"labels": y, "ranking_weight": 0.6, "margin": 0.2, "shift": 1.0}
    nets = [lambda x: x, lambda x: x]
    rows = [common.unit(torch, rng, common.ROWS) for _ in range(2)]
    labels = common.draw(torch, rng)[2]
    prototypes = torch.tensor(rng.normal(size=(common.CLASSES, common.BITS))).float()
    parts = (*rows, labels, labels)
    loader = common.Loader(torch, parts, shuffle=False)
    config = {"dataset": "", "bit_len": common.BITS, "noise_rate": 0}
    spread, kept, _ = program.get_loss(*nets, config, loader, 0.3, 19, prototypes)
    arrays |= {"rows_image": rows[0], "rows_text": rows[1], "rows_labels": labels}
    arrays |= {"prototypes": prototypes, "exp_spread": spread[:, 0]}
    return {**arrays, "threshold": 0.3, "exp_kept": kept}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """22 epochs of the clone's loop; from the 20th on it leaves rows out."""
    program, log = program_of(torch), common.log_losses(torch)
    image, text, labels = common.draw(torch, rng)
    noisy = labels.clone()
    noisy[::3] = noisy[::3].roll(1, 1)
    parts = (image, text, labels, noisy)
    loaders = [common.Loader(torch, parts, shuffle=s) for s in (True, False)]
    program.get_data = lambda _: (
        loaders[0],
        loaders[1],
        loaders[1],
        common.ROWS,
        common.ROWS,
        common.ROWS,
    )
    program.calc_map_k = lambda *args: torch.zeros(())
    nets, start, kept, ask = {}, {}, list[Any](), program.get_loss

    def smaller(short: str, kind: Any) -> Any:
        def make(y_dim: int, **sizes: Any) -> Any:
            y_dim = common.WIDTH if short == "img" else y_dim
            nets[short] = kind(
                y_dim, **sizes, mid_num1=common.HIDDEN, mid_num2=common.HIDDEN
            )
            return nets[short]

        return make

    def separated(*args: Any) -> Any:
        if not start:
            start.update(common.states(nets, "init"))
        found = ask(*args)
        kept.append(found[1].numpy())
        return found

    for short, name in (("img", "ImgModule"), ("txt", "TxtModule")):
        setattr(program, name, smaller(short, getattr(program, name)))
    program.get_loss = separated
    rate = {"lr": 1e-4, "weight_decay": 1e-3}
    config = program.get_config() | {
        "epoch": 22,
        "device": "cpu",
        "bit_len": common.BITS,
    }
    for name in ("optimizer", "txt_optimizer"):
        config[name] = {"type": torch.optim.RMSprop, "optim_params": rate}
    program.train(config, common.BITS)
    inputs = {
        "img": image,
        "txt": text,
        "labels": noisy,
        "batch_size": common.BATCH,
        **rate,
    }
    inputs |= {"ranking_weight": 0.6, "margin": 0.2, "shift": 1.0, "threshold": 0.3}
    # Every epoch looks at all rows once to separate them, then trains.
    inputs |= {"batch_order": np.array(loaders[0].orders[1::2]), **start}
    outputs = {"exp_loss": log, "exp_kept": np.array(kept)}
    return {**inputs, **outputs, **common.states(nets, "exp_final")}


RECORDS = {"losses": losses, "run": run}
