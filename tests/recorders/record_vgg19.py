"""Records outputs of torchvision's VGG19 and of its preprocessing.

    python record_vgg19.py FOLDER

Needs PyTorch and torchvision, and imports nothing of this package. The weights are
random, drawn from a seed here and in the tests, so that only outputs are kept.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np

STAGES = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
NARROW = 16
"""What the widths of the small network are divided by."""

SIZES = ((224, 224), (256, 256), (300, 451), (641, 480), (97, 130), (255, 383))
"""Height and width of the pictures that the recipe cuts."""


def draw_state(narrow: int) -> dict[str, np.ndarray]:
    """Weights by torchvision's names, of a size that keeps outputs about as large."""
    shapes, position, before = {}, 0, 3
    for count, width in STAGES:
        for _ in range(count):
            shapes[f"features.{position}"] = (width // narrow, before, 3, 3)
            position, before = position + 2, width // narrow
        position += 1
    full = 4096 // narrow
    shapes |= {"classifier.0": (full, 49 * before), "classifier.3": (full, full)}
    state = {}
    for number, (name, shape) in enumerate(shapes.items()):
        rng = np.random.default_rng((19, number))
        spread = np.float32(np.sqrt(2 / np.prod(shape[1:])))
        state[f"{name}.weight"] = rng.standard_normal(shape, np.float32) * spread
        state[f"{name}.bias"] = rng.standard_normal(shape[0], np.float32) / 10
    return state


def draw_picture(height: int, width: int) -> np.ndarray:
    """Waves in three colors and some grain: uint8 [height, width, 3]."""
    rng = np.random.default_rng((height, width))
    rows, columns = np.mgrid[:height, :width]
    phase = rng.uniform(0.01, 0.2, size=(2, 3))
    waves = np.sin(rows[..., None] * phase[0] + columns[..., None] * phase[1])
    grain = rng.integers(0, 40, size=(height, width, 3))
    return (100 + 100 * waves + grain).clip(0, 255).astype(np.uint8)


def main() -> None:
    """Writes the outputs."""
    folder = Path(sys.argv[1])
    torch: Any = importlib.import_module("torch")
    torchvision: Any = importlib.import_module("torchvision")
    recipe = torchvision.models.VGG19_Weights.IMAGENET1K_V1.transforms()
    pillow = importlib.import_module("PIL.Image")
    pictures = [pillow.fromarray(draw_picture(*size)) for size in SIZES]
    rows = [recipe(picture) for picture in pictures]
    # One pixel in seven of each says whether it was cut at the same place.
    crops = np.stack([row.permute(1, 2, 0).numpy()[::7, ::7] for row in rows])
    batch = torch.stack(rows[:2])
    outputs: dict[str, Any] = {
        "narrow": _fc7(torch, _narrow(torch, torchvision), NARROW, batch),
        "whole": _fc7(torch, torchvision.models.vgg19(weights=None), 1, batch[:1]),
    }
    np.savez_compressed(folder / "vgg19.npz", crops=crops, **outputs)


def _narrow(torch: Any, torchvision: Any) -> Any:
    vgg = torchvision.models.vgg
    widths = [w if w == "M" else w // NARROW for w in vgg.cfgs["E"]]
    network = vgg.VGG(vgg.make_layers(widths), init_weights=False)
    full = 4096 // NARROW
    network.classifier[0] = torch.nn.Linear(49 * 512 // NARROW, full)
    network.classifier[3] = torch.nn.Linear(full, full)
    network.classifier[6] = torch.nn.Linear(full, 1000)
    return network


def _fc7(torch: Any, network: Any, narrow: int, batch: Any) -> np.ndarray:
    """The classifier up to its second ReLU; the names are all but the last layer's."""
    state = {k: torch.from_numpy(a) for k, a in draw_state(narrow).items()}
    found = network.load_state_dict(state, strict=False)
    assert found.missing_keys == ["classifier.6.weight", "classifier.6.bias"]
    assert not found.unexpected_keys
    network.eval()
    with torch.no_grad():
        pooled = network.avgpool(network.features(batch)).flatten(1)
        return network.classifier[:5](pooled).numpy()


if __name__ == "__main__":
    main()
