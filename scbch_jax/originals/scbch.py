"""Records outputs of a clone of Plke/SCBCH: losses, neighbors, MAP, and short runs."""

import importlib
from typing import Any
from unittest import mock

import numpy as np

from scbch_jax.originals import common

ROWS, CLASSES, BITS, HIDDEN = 160, 7, 16, 24
QUERIES, EPOCHS, BATCH = 30, 7, 32
WARMUP = 5
"""Epochs before the released code weighs rows; a constant of its loop."""


def program_of() -> Any:
    """The clone's module."""
    return importlib.import_module("train")


def draw_labels(rng: Any, rows: int) -> np.ndarray:
    """Multi-hot labels with one empty row and one pair of twins."""
    labels = (rng.random((rows, CLASSES)) < 0.3).astype(np.float32)
    labels[0], labels[2] = 0, labels[1]
    return labels


def losses(torch: Any, rng: Any, dtype: Any) -> dict[str, Any]:
    """Losses and gradients of one batch, for three pairs of margin and shift."""
    train, rows = program_of(), 14

    def tensor(values: Any) -> Any:
        return torch.tensor(values, dtype=dtype)

    u, v = (
        torch.nn.functional.normalize(tensor(rng.normal(size=(rows, BITS))), dim=1)
        for _ in range(2)
    )
    moving = {"u": u, "v": v}
    moving |= {k: tensor(rng.normal(size=(BITS, CLASSES))) for k in ("Wu", "Wv")}
    y, w = tensor(draw_labels(rng, rows)), tensor(rng.uniform(0.5, 1, rows))
    pairs = [(0.2, 1.0), (0.15, 0.8), (0.3, 1.2)]
    found: dict[str, list[Any]] = {}

    def keep(name: str, value: Any, names: str = "") -> None:
        found.setdefault(name, []).append(value.detach().numpy())
        moved = [live[k] for k in names]
        grads = torch.autograd.grad(value, moved) if moved else ()
        for k, grad in zip(names, grads, strict=True):
            found.setdefault(f"{name}_grad_{k}", []).append(grad.numpy())

    for margin, shift in pairs:
        live = {k: x.clone().requires_grad_() for k, x in moving.items()}
        loss = train.MultiLabelLoss(
            margin=margin, shift=shift, lambda_contrast=0.7, lambda_quant=0.3
        )
        probabilities = [
            torch.sigmoid(live[a] @ live[b]) for a, b in (("u", "Wu"), ("v", "Wv"))
        ]
        keep("exp_contrast", loss.contrast_loss(live["u"], live["v"], y), "uv")
        total = loss(live["u"], live["v"], y, *probabilities, w)[0]
        keep("exp_total", total, "uv")
        keep("exp_total_nw", loss(live["u"], live["v"], y, *probabilities, None)[0])
    arrays = {k: np.array(x) for k, x in found.items()}
    arrays |= {k: x.numpy() for k, x in moving.items()}
    arrays |= {"y": y.numpy(), "w": w.numpy()}
    arrays["margins"], arrays["shifts"] = np.array(pairs).T
    arrays["exp_jaccard"] = loss.compute_label_similarity(y).numpy()
    arrays["exp_quant"] = loss.quant_loss(u, v).numpy()
    for name, weights in (("exp_bce", None), ("exp_bce_weighted", w)):
        value = loss.classification_loss(*probabilities, y, weights)
        arrays[name] = value.detach().numpy()
    return arrays


def networks(train: Any) -> tuple[Any, Any]:
    """Small networks of the clone: image features 40 wide, texts 30."""
    sizes = {"bit": BITS, "mid_num1": HIDDEN, "mid_num2": HIDDEN}
    image = train.ImgModule(y_dim=40, hiden_layer=3, **sizes)
    return image, train.TxtModule(y_dim=30, hiden_layer=2, **sizes)


def draw_rows(torch: Any, rng: Any) -> tuple[Any, Any, Any, Any]:
    """Features that tell something of their labels, clean and noisy labels."""
    y = draw_labels(rng, ROWS)
    image = y @ rng.normal(size=(CLASSES, 40)) + rng.normal(size=(ROWS, 40))
    text = y @ rng.normal(size=(CLASSES, 30)) + rng.normal(size=(ROWS, 30))
    noisy = y.copy()
    hit = rng.random(ROWS) < 0.4
    noisy[hit] = np.roll(noisy[hit], 1, axis=1)
    return tuple(torch.tensor(a).float() for a in (image, text, y, noisy))  # type: ignore[return-value] -- four of them


def neighbors(torch: Any, rng: Any) -> dict[str, Any]:
    """Forward passes, and confidence from neighbors."""
    train, parts = program_of(), draw_rows(torch, rng)
    image_net, text_net = networks(train)
    loader = common.Loader(torch, parts, batch_size=BATCH)
    names = ("img", "txt", "y_true", "y_noisy")
    arrays = {k: x.numpy() for k, x in zip(names, parts, strict=True)}
    with torch.no_grad():
        arrays["u"] = image_net(parts[0]).numpy()
        arrays["v"] = text_net(parts[1]).numpy()
        for k, gamma in ((5, 0.5), (20, 0.1)):
            weights = train.select_clean_sample(
                loader, image_net, text_net, k, "cpu", gamma
            )
            arrays[f"exp_weight_k{k}_g{gamma}"] = weights.numpy()
    for short, net in (("img", image_net), ("txt", text_net)):
        state = net.state_dict().items()
        arrays |= {f"params_{short}.{k}": x.numpy() for k, x in state}
    return arrays


def metrics(torch: Any, rng: Any) -> dict[str, Any]:
    """MAP as the clone prints it, for random codes."""
    codes = [np.sign(rng.normal(size=(n, BITS))) for n in (QUERIES, ROWS)]
    labels = [draw_labels(rng, n) for n in (QUERIES, ROWS)]
    train = program_of()
    printed = train.calc_map_k(codes[1], codes[0], labels[1], labels[0], device="cpu")
    names = ("query_codes", "db_codes", "query_labels", "db_labels")
    inputs = dict(zip(names, (*codes, *labels), strict=True))
    return {**inputs, "exp_map_upstream": np.float64(printed)}


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """A training run of the clone's own loop, with all that it does written down."""
    train, parts = program_of(), draw_rows(torch, rng)
    query, rest = (
        tuple(p[s] for p in parts) for s in (slice(QUERIES), slice(QUERIES, None))
    )
    clean = rest[:3] + rest[2:3]
    loader, seen, compared = (
        common.Loader(torch, p, shuffle=i == 0, batch_size=BATCH)
        for i, p in enumerate((rest, query[:3] + query[2:3], clean))
    )
    log: dict[str, list[Any]] = {"loss": [], "cls": [], "con": [], "w": [], "map": []}
    nets: dict[str, Any] = {}
    start: dict[str, np.ndarray] = {}

    ask = train.MultiLabelLoss.forward
    choose, score = train.select_clean_sample, train.calc_map_k

    def forward(self: Any, *args: Any) -> Any:
        if not start:
            start.update(common.states(nets, "init"))
        total, cls, con = ask(self, *args)
        for name, value in (("loss", total), ("cls", cls), ("con", con)):
            log[name].append(float(value))
        return total, cls, con

    def weights(*args: Any) -> Any:
        passes = len(loader.orders)
        log["w"].append(choose(*args))
        del loader.orders[passes:]
        return log["w"][-1]

    def mean_ap(*args: Any, **kwargs: Any) -> Any:
        log["map"].append(float(score(*args, **kwargs)))
        return torch.tensor(log["map"][-1])

    sizes = len(rest[0]), QUERIES, len(rest[0])
    replaced = {
        "ImgModule": common.kept(nets, "img", train.ImgModule, 40, HIDDEN),
        "TxtModule": common.kept(nets, "txt", train.TxtModule, 30, HIDDEN),
        "select_clean_sample": weights, "calc_map_k": mean_ap,
        "pr_curve": lambda *args, **kwargs: ([], []),
        "get_data": lambda config: (loader, seen, compared, *sizes),
    }  # fmt: skip
    numbers = {"margin": 0.15, "shift": 0.8, "alpha": 0.7, "beta": 0.3, "k": 20}
    rate = {"lr": 1e-3, "weight_decay": 1e-5}
    train.bit_len, train.n_class, train.tag_len = BITS, CLASSES, 30
    optimizer = {"type": torch.optim.Adam, "optim_params": rate}
    config = {
        **numbers, "optimizer": optimizer, "txt_optimizer": optimizer,
        "info": "", "batch_size": BATCH, "epoch": EPOCHS, "device": "cpu",
        "dataset": "recorded", "noise_rate": 0.4, "bit_len": BITS,
    }  # fmt: skip
    observed = mock.patch.object(train.MultiLabelLoss, "forward", forward)
    with mock.patch.multiple(train, **replaced), observed:
        train.train(config, BITS, 0, 0)
    names = ("img", "txt", "y_true")
    arrays: dict[str, Any] = {k: parts[i].numpy() for i, k in enumerate(names)}
    arrays |= {"y_noisy": rest[3].numpy(), "n_query": QUERIES, "batch_size": BATCH}
    arrays |= {**numbers, **rate, "gamma": 0.5, "bits": BITS, "hidden": HIDDEN}
    arrays |= {"epochs": EPOCHS, "warmup_epochs": WARMUP}
    # The loop takes two of the loss's values in the other's name; these are by meaning.
    arrays |= {"exp_loss": log["loss"], "exp_loss_classification": log["cls"]}
    arrays |= {"exp_loss_contrast": log["con"], "batch_order": np.array(loader.orders)}
    arrays["exp_weights"] = np.array([w.numpy() for w in log["w"]])
    arrays["exp_map_t2i"], arrays["exp_map_i2t"] = log["map"][::2], log["map"][1::2]
    return {**arrays, **start, **common.states(nets, "exp_final")}


def double_run(torch: Any, rng: Any) -> dict[str, Any]:
    """The same in double precision: of new tensors, and of what is asked for float."""
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    return run(torch, rng)


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own loop, with numbers by its own settings."""
    program, nets, options = program_of(), dict[str, Any](), task.options
    common.draw_from(torch, task.seed)
    # The clean labels, given first, only go into what it prints.
    parts = (task.image, task.text, task.labels, task.labels)
    loader = common.Loader(torch, parts, batch_size=options["training.batch_size"])
    few = common.Loader(torch, common.few(parts), shuffle=False)
    widths = task.image.shape[1], task.text.shape[1]
    rows, bits = len(task.labels), options["bits"]
    common.narrow_modules(program, nets, widths, options["options.hidden"])
    program.get_data = lambda config: (loader, few, few, rows, 4, 4)
    program.calc_map_k = lambda *args, **kwargs: torch.zeros(())
    program.pr_curve = lambda *args, **kwargs: ([], [])
    program.bit_len, program.tag_len = bits, widths[1]
    program.n_class = task.labels.shape[1]
    names = {
        "k": "options.neighbors", "margin": "hparams.margin", "shift": "hparams.shift",
        "alpha": "hparams.contrastive_weight", "beta": "hparams.quantization_weight",
        "epoch": "training.epochs",
    }  # fmt: skip
    config = program.get_config() | {"device": "cpu"}
    config |= {k: options[name] for k, name in names.items()}
    program.train(config | common.same_rates(config, options), bits, 0, 0)
    return common.coders(nets)


RECORDS = {
    "losses-f32": lambda torch, rng: losses(torch, rng, torch.float32),
    "losses-f64": lambda torch, rng: losses(torch, rng, torch.float64),
    "neighbors": neighbors,
    "metrics": metrics,
    "trajectory-f32": run,
    "trajectory-f64": double_run,
}
