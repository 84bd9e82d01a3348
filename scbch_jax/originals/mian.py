"""Records outputs of a clone of E-Galois/MIAN: losses, and a short run."""

import importlib
import sys
import types
from typing import Any

import numpy as np

from scbch_jax.originals import common

WORDS, HIDDEN, EMBEDDING = 55, 10, 8
"""The largest average of the text network is of 50 words."""

NETWORKS = (("lnet", "lab"), ("tnet", "txt"), ("inet", "img"))
"""Attribute of the clone's program, and the prefix of recorded arrays."""

RESIZED = (55, 110, 122, 300, 1386, 2912)
"""Widths of texts whose averages are resized."""


class Noise:
    """Random draws of the clone, kept."""

    def __init__(self, torch: Any, rng: Any) -> None:
        """Replaces what the clone draws with."""
        self.normals: list[np.ndarray] = []
        self.tables: list[np.ndarray] = []
        self.orders: list[np.ndarray] = []
        self.torch, self.rng = torch, rng
        torch.randn_like = self.normal
        np.random.randn = self.table
        np.random.permutation = self.order

    def normal(self, like: Any) -> Any:
        """Noise of an image feature."""
        drawn = self.rng.normal(size=tuple(like.shape)).astype(np.float32)
        self.normals.append(drawn)
        return self.torch.tensor(drawn)

    def table(self, *shape: int) -> np.ndarray:
        """A table before it is written to."""
        self.tables.append(self.rng.normal(size=shape).astype(np.float32))
        return self.tables[-1].copy()

    def order(self, rows: int) -> np.ndarray:
        """Order of the rows; the first ones are a batch."""
        self.orders.append(self.rng.permutation(rows))
        return self.orders[-1]


def program_of(torch: Any, rng: Any) -> Any:
    """The clone's program on drawn data, and with small networks."""
    image, _, labels = common.draw(torch, rng)
    words = (rng.random((common.ROWS, WORDS)) < 0.2) + labels[:, :1].numpy()
    image, text, labels = (np.asarray(a, np.float32) for a in (image, words, labels))
    small = {"batch_size": common.BATCH, "SEMANTIC_EMBED": EMBEDDING}
    small |= {"bit": common.BITS, "Epoch": 2, "k_lab_net": 4}
    small |= {"k_txt_net": 6, "k_img_net": 6}
    program = opened(torch, (image, text, labels), small, HIDDEN)
    image_network, text_network = program.ImageNet, program.TextNet
    program.ImageNet = lambda: larger(torch, image_network())
    program.TextNet = lambda: larger(torch, text_network())
    return program


def opened(torch: Any, parts: Any, sizes: dict[str, int], hidden: int) -> Any:
    """The clone's program on given rows instead of files.

    Args:
        torch: PyTorch.
        parts: image features, texts and labels, as arrays.
        sizes: batch size, widths and numbers of passes, by the clone's names.
        hidden: width of the text network.
    """
    image, text, labels = parts
    given = (image[:, :, None, None], text, labels)
    loader: Any = types.ModuleType("load_data")
    loader.loading_data = lambda: given
    loader.split_data = lambda *a: [
        {"train": a, "query": a, "retrieval": a} for a in given
    ]
    sys.modules["load_data"] = loader
    # It asks for 64 inputs a step and for networks of fixed widths.
    setting, nets = (importlib.import_module(name) for name in ("setting", "tnet"))
    vars(setting).update(sizes)
    vars(nets).update(sizes)
    nets.models.vgg11 = lambda **_: Trunk(torch)
    program: Any = importlib.import_module("MICH")
    vars(program).update(sizes)
    widths = (image.shape[1], text.shape[1], hidden, sizes["SEMANTIC_EMBED"])
    program.ImageNet = lambda: image_network(torch, nets, widths)
    program.TextNet = lambda: text_network(torch, nets, widths)
    return program


class Trunk:
    """In place of convolutions: hands image features on."""

    def __init__(self, torch: Any) -> None:
        """Has nothing to learn."""
        self.features = torch.nn.Identity()

    def type(self, _: Any) -> "Trunk":
        """As asked."""
        return self


def image_network(torch: Any, nets: Any, widths: tuple[int, ...]) -> Any:
    """The image network, on features instead of pictures."""
    image_dim, _, _, embedding = widths
    net = nets.ImageNet()
    net.feature[0] = torch.nn.Linear(image_dim, 2 * embedding)
    net.init_parameters()
    return net


def text_network(torch: Any, nets: Any, widths: tuple[int, ...]) -> Any:
    """The text network with a narrow hidden layer."""
    _, text_dim, hidden, embedding = widths
    net = nets.TextNet()
    net.feature[0] = torch.nn.Conv2d(6, hidden, (1, text_dim))
    net.feature[3] = torch.nn.Conv2d(hidden, embedding, (1, 1))
    net.init_parameters()
    return net


def larger(torch: Any, net: Any) -> Any:
    """Weights that small networks learn from: their starts are for wide ones."""
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    if hasattr(net, "interp_block1"):
        for k in (1, 2, 3, 6, 10):
            torch.nn.init.constant_(getattr(net, f"interp_block{k}")[1].weight, k / 5)
    return net


def losses(torch: Any, rng: Any) -> dict[str, Any]:
    """The first step of each network: its loss, gradients and tables."""
    program, noise = program_of(torch, rng), Noise(torch, rng)
    mich = program.MICH()
    start_optimizers(torch, mich)
    tables = {k: noise.table(common.ROWS, common.BITS) for k in ("F", "G", "H")}
    tables["FG"] = noise.table(common.ROWS, EMBEDDING)
    tables["B"] = np.sign(tables["F"] + tables["H"])
    arrays = inputs_of(mich) | {f"table_{k}": a.copy() for k, a in tables.items()}
    arrays |= weights(mich, "init")
    log = common.log_losses(torch)
    one_step(program, mich, tables)
    arrays |= {"rows": np.array([o[: common.BATCH] for o in noise.orders])}
    arrays |= {"noise": noise.normals[0]}
    arrays |= {f"exp_{k}": log[i] for i, (_, k) in enumerate(NETWORKS)}
    for attribute, short in NETWORKS:
        for name, weight in getattr(mich, attribute).named_parameters():
            arrays[f"exp_grad_{short}.{name}"] = weight.grad.numpy().copy()
    arrays |= {f"exp_table_{k}": a for k, a in tables.items() if k != "B"}
    return arrays | resized(torch)


def one_step(program: Any, mich: Any, tables: dict[str, Any]) -> None:
    """The first step of a pass of each network, in order."""
    program.tqdm = lambda steps: list(steps)[:1]
    mich.train_lab_net(tables)
    mich.train_txt_net(tables)
    mich.train_img_net(tables)
    program.tqdm = lambda steps: steps


def start_optimizers(torch: Any, mich: Any) -> None:
    """Optimizers that move nothing, so that gradients are those of the start."""
    for name in ("lnet", "tnet", "inet"):
        optimizer = torch.optim.SGD(getattr(mich, name).parameters(), lr=0.0)
        setattr(mich, f"{name}_opt", optimizer)


def run(torch: Any, rng: Any) -> dict[str, Any]:
    """Two outer epochs of the clone's loop, with its early stop."""
    for name in ("setting", "tnet", "MICH"):
        sys.modules.pop(name, None)
    program, noise = program_of(torch, rng), Noise(torch, rng)
    mich = program.MICH()
    passes: list[tuple[int, float]] = []
    for number, (_, short) in enumerate(NETWORKS):
        logged(mich, f"train_{short}_net", number, passes)
    without_files(torch, program, mich)
    arrays = inputs_of(mich) | weights(mich, "init")
    mich.train()
    tables = zip(("F", "G", "H", "FG"), noise.tables, strict=True)
    arrays |= {f"table_{k}": a for k, a in tables}
    arrays |= {"rows": np.array([o[: common.BATCH] for o in noise.orders])}
    arrays |= {"noise": np.array(noise.normals)}
    arrays |= {"label_passes": 4, "network_passes": 6, "outer_epochs": 2}
    arrays |= {"exp_network": [n for n, _ in passes]}
    arrays |= {"exp_loss": np.array([x for _, x in passes])}
    return arrays | weights(mich, "exp_final")


def train(torch: Any, task: common.Task) -> common.Coders:
    """The clone's own loop and learning rates, with numbers by its own options.

    It has as many rounds over its networks as can begin within the number of epochs.
    """
    given, parts = task.options, (task.image, task.text, task.labels)
    common.draw_from(torch, task.seed)
    names = {
        "batch_size": "training.batch_size", "bit": "bits",
        "SEMANTIC_EMBED": "options.embedding", "Epoch": "options.outer_epochs",
        "k_lab_net": "options.label_passes", "k_txt_net": "options.network_passes",
        "k_img_net": "options.network_passes",
    }  # fmt: skip
    sizes = {k: given[name] for k, name in names.items()}
    most = sum(sizes["k_lab_net"] // k for k in (1, 2))
    most += 2 * sum(sizes["k_txt_net"] // k for k in (1, 2, 3))
    sizes["Epoch"] = min(sizes["Epoch"], -(-given["training.epochs"] // most))
    arrays = [x.numpy() for x in parts]
    program = opened(torch, arrays, sizes, given["options.hidden"])
    program.tqdm = lambda steps: steps
    mich = program.MICH()
    mich.alpha_v = given["hparams.image_share"]
    mich.alpha_t = 1 - mich.alpha_v
    for name, weight in (("eta", "label"), ("gamma", "classification")):
        setattr(mich, name, given[f"hparams.{weight}_weight"])
    mich.hyper_mi = given["hparams.prediction_weight"]
    mich.hyper_sigma = given["hparams.divergence_weight"]
    without_files(torch, program, mich)
    mich.train()
    # No noise in the features that codes are computed from.
    torch.randn_like = torch.zeros_like
    return (
        lambda rows: mich.inet(rows[:, :, None, None])[1],
        lambda rows: mich.tnet(rows)[1],
    )


def without_files(torch: Any, program: Any, mich: Any) -> None:
    """Lets the clone's loop score and write nothing."""
    program.calc_map = lambda *a: 0.0
    mich.generate_code = lambda *a: np.zeros((1, 1))
    # The clone asks for an attribute that it does not have.
    mich.checkpoint_path = "last"
    torch.save = lambda *a: None
    program.os = types.SimpleNamespace(path=program.os.path, mkdir=lambda *a: None)
    files = types.SimpleNamespace(savemat=lambda *a: None)
    program.scipy = types.SimpleNamespace(io=files)
    program.open = lambda *a: open("/dev/null", "w")  # noqa: SIM115, PTH123


def logged(mich: Any, name: str, number: int, passes: list[Any]) -> None:
    """Keeps the network and the loss of every pass."""
    method = getattr(mich, name)

    def known(tables: Any) -> float:
        passes.append((number, method(tables)))
        return passes[-1][1]

    setattr(mich, name, known)


def inputs_of(mich: Any) -> dict[str, Any]:
    """Data and numbers."""
    return {
        "img": mich.train_X[:, :, 0, 0],
        "txt": mich.train_Y,
        "labels": mich.train_L,
        "image_share": mich.alpha_v,
        "label_weight": mich.eta,
        "classification_weight": mich.gamma,
        "prediction_weight": mich.hyper_mi,
        "divergence_weight": mich.hyper_sigma,
    }


def weights(mich: Any, stage: str) -> dict[str, np.ndarray]:
    """The weights of all networks, copied."""
    nets = {short: getattr(mich, name) for name, short in NETWORKS}
    return common.states(nets, stage)


def resized(torch: Any) -> dict[str, Any]:
    """Which average each word's place copies."""
    found = {}
    for width in RESIZED:
        count = width // 50
        entries = torch.arange(float(count))[None, None, None]
        places = torch.nn.functional.interpolate(entries, size=(1, width))
        found[f"exp_resized_{width}"] = places.flatten().numpy().astype(np.int32)
    return found


RECORDS = {"losses": losses, "run": run}
