"""SCBCH in PyTorch as in published code: eager, Adam, DataLoader; to be timed."""

from functools import partial
from typing import Any

import numpy as np

from scbch_jax import extras
from scbch_jax.bench import evaluation
from scbch_jax.bench.training import (
    Sampled,
    Shape,
    TrainingBaseline,
    draw_codes,
    draw_split,
)
from scbch_jax.config.scbch import HParams


def torch_baseline(shape: Shape, sampled: Sampled) -> TrainingBaseline:
    """The parts in PyTorch, on the GPU if it finds one."""
    torch = extras.import_optional("torch", "the PyTorch baseline")

    device = "cuda" if torch.cuda.is_available() else "cpu"
    hp = HParams()
    train, split, neighbors, query, database = (
        [torch.from_numpy(np.asarray(x)) for x in draw_split(shape, n)]
        for n in (
            sampled.steps * shape.batch_size,
            sampled.rows,
            shape.rows,
            sampled.queries,
            shape.items,
        )
    )
    image_net = _network(torch, shape.image_dim, shape.hidden, shape.hidden, shape.bits)
    text_net = _network(torch, shape.text_dim, shape.hidden, shape.bits)
    nets = [net.to(device) for net in (image_net, text_net)]
    heads = [
        torch.nn.init.orthogonal_(torch.empty(shape.bits, shape.classes, device=device))
        for _ in nets
    ]
    optimizers = [
        torch.optim.Adam(
            [*net.parameters(), head.requires_grad_()],
            lr=hp.learning_rate,
            weight_decay=hp.weight_decay,
        )
        for net, head in zip(nets, heads, strict=True)
    ]
    dataset = torch.utils.data.TensorDataset(*train)
    loader = torch.utils.data.DataLoader(dataset, shape.batch_size, shuffle=True)

    def step() -> None:
        for batch in loader:
            *features, labels = (x.to(device) for x in batch)
            codes = _codes(torch, nets, features)
            loss = _loss(torch, codes, heads, labels, hp)
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            loss.item()

    def encode() -> None:
        batches = zip(*(x.split(shape.batch_size) for x in split[:2]), strict=True)
        with torch.no_grad():
            for batch in batches:
                codes = _codes(torch, nets, [x.to(device) for x in batch])
                [x.cpu() for x in codes]

    relaxed = [torch.from_numpy(x).to(device) for x in draw_codes(shape, shape.rows)]
    labels = neighbors[2].to(device)

    def soft_labels() -> Any:
        image, text = relaxed
        similarity = (image @ image.T + text @ text.T) / 2
        similarity.fill_diagonal_(0)
        weights, nearest = similarity.topk(shape.neighbors, dim=1)
        weights = weights / (weights.sum(dim=1, keepdim=True) + 1e-8)
        soft = (weights[:, :, None] * labels[nearest]).sum(dim=1)
        agreement = torch.nn.functional.cosine_similarity(labels, soft)
        return (0.5 + 0.5 * agreement).cpu()

    codes = [
        [torch.from_numpy(x).sign() for x in draw_codes(shape, len(side[2]), seed=1)]
        for side in (query, database)
    ]
    depths = np.linspace(1, shape.items, evaluation.POINTS).astype(int)
    pairs = ((codes[0][0], codes[1][1]), (codes[0][1], codes[1][0]))
    directions = [([*pair, query[2], database[2]], depths) for pair in pairs]

    score = partial(evaluation.torch_baseline, directions)
    return TrainingBaseline(step, encode, soft_labels, score, scored=sampled.queries)


def _network(torch: Any, *widths: int) -> Any:
    layers = []
    for before, after in zip(widths, widths[1:], strict=False):
        layers += [torch.nn.Linear(before, after), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1], torch.nn.Tanh())


def _codes(torch: Any, nets: Any, features: Any) -> list[Any]:
    normalize = torch.nn.functional.normalize
    return [normalize(net(x)) for net, x in zip(nets, features, strict=True)]


def _loss(torch: Any, codes: Any, heads: Any, labels: Any, hp: HParams) -> Any:
    """Eq. 9 as released, with confidence 1 for every row."""
    similarity = codes[0] @ codes[1].T
    shared = labels @ labels.T
    sizes = labels.sum(dim=1)
    overlap = shared / (sizes[:, None] + sizes[None] - shared).clamp(min=1e-8)
    own = similarity.diag()
    positives = (overlap > 0).float() * (1 - torch.eye(len(labels), device=own.device))
    attraction = (positives * torch.exp(hp.shift - similarity)).mean() - own.mean()
    repulsion = sum(
        ((1 - overlap) * torch.relu(side - own[:, None] + hp.margin)).mean()
        for side in (similarity, similarity.T)
    )
    quantization = sum((1 - code.abs()).mean() for code in codes)
    classification = sum(
        torch.nn.functional.binary_cross_entropy(torch.sigmoid(code @ head), labels)
        for code, head in zip(codes, heads, strict=True)
    )
    contrast = attraction + repulsion
    weighted = hp.contrastive_weight * contrast + hp.quantization_weight * quantization
    return classification + weighted
