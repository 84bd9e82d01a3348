"""Records outputs of a clone of LonganWANG-cs/NRCH: losses, and a short run."""

import importlib
from typing import Any

import numpy as np

from scbch_jax.originals import common

SIZES = (common.BITS, common.CLASSES, common.WORDS)


def program_of(torch: Any, sizes: tuple[int, int, int] = SIZES) -> Any:
    """The clone's module for these numbers of bits, classes and words."""
    program: Any = importlib.import_module("NRCH")
    program.bit_len, program.n_class, program.tag_len = sizes
    program.num_gradual = 0
    program.calc_map_k = lambda *args: torch.zeros(())
    return program


def best_of_many() -> None:
    """Makes its mixture start from the best of many random starts of k-means.

    The draw would decide which rows are left out.
    """
    base: Any = importlib.import_module("sklearn.mixture._base")
    kmeans = base.cluster.KMeans
    base.cluster.KMeans = lambda **given: kmeans(**{**given, "n_init": 50, "tol": 0})


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The robust loss, and the separation of a training set's rows."""
    program = program_of(torch)
    best_of_many()
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
    program.get_data = lambda _: (*loaders, loaders[1], *(common.ROWS,) * 3)
    nets, start, kept, ask = dict[str, Any](), {}, list[Any](), program.get_loss
    widths = common.WIDTH, common.WORDS
    common.narrow_modules(program, nets, widths, common.HIDDEN)

    def separated(*args: Any) -> Any:
        if not start:
            start.update(common.states(nets, "init"))
        found = ask(*args)
        kept.append(found[1].numpy())
        return found

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


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own loop, with numbers by its own settings."""
    options, nets = task.options, dict[str, Any]()
    bits, widths = options["bits"], (task.image.shape[1], task.text.shape[1])
    program = program_of(torch, (bits, task.labels.shape[1], widths[1]))
    common.draw_from(torch, task.seed)
    # The clean labels, given first, only go into what it prints.
    parts = (task.image, task.text, task.labels, task.labels)
    loader = common.Loader(torch, parts, batch_size=options["training.batch_size"])
    few = common.Loader(torch, common.few(parts), shuffle=False)
    program.get_data = lambda _: (loader, few, few, len(task.labels), 4, 4)
    common.narrow_modules(program, nets, widths, options["options.hidden"])
    config = program.get_config() | {"device": "cpu", "bit_len": bits}
    names = {
        "lambda": "hparams.ranking_weight", "threshold_rate": "hparams.threshold",
        "epoch": "training.epochs",
    }  # fmt: skip
    config |= {k: options[name] for k, name in names.items()}
    program.train(config | common.same_rates(config, options), bits)
    return common.coders(nets)


RECORDS = {"losses": losses, "run": run}
