"""How a sentence encoder makes one vector of those of its tokens.

The modules that `sentence-transformers` saves beside a network say it: a network, the
pooling, and perhaps a division by the length. Without them it is the mean over tokens.
"""

from pathlib import Path
from typing import Any, NamedTuple

from scbch_jax import io
from scbch_jax.errors import InputError, require

MODES = ("mean", "cls", "max", "lasttoken")
"""Over tokens: mean, the first, the maximum of each column, the last."""


class Pooling(NamedTuple):
    """From the vectors of tokens to that of a text."""

    mode: str = "mean"
    normalize: bool = False
    """Whether the vector is divided by its length."""
    max_tokens: int | None = None
    """Texts are truncated to this number of tokens."""


def read_pooling(folder: Path) -> Pooling:
    """Reads the modules of a sentence encoder.

    Raises:
        InputError: if they compute something else than is known here.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return Pooling()
    try:
        listed = io.read_json(path, "network")
        kinds = [module["type"].rsplit(".", 1)[-1] for module in listed]
        first, second = (folder / module["path"] for module in listed[:2])
        mode = _mode(io.read_object(second / "config.json", "network"))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        got = f"{path}, damaged ({error})"
        raise InputError(f"network: got {got}, wanted its modules") from error
    known = kinds in (
        ["Transformer", "Pooling"],
        ["Transformer", "Pooling", "Normalize"],
    )
    wanted = "Transformer, Pooling, and perhaps Normalize, in its own folder"
    got = f"{path} with {', '.join(kinds)}"
    require(known and first == folder, "network", got, wanted)
    return Pooling(mode, len(kinds) == 3, _max_tokens(folder))


def _mode(config: io.Record) -> str:
    """The only mode that a pooling's configuration turns on, in either of its forms."""
    old = [
        k for k, on in config.items() if k.startswith("pooling_mode_") and on is True
    ]
    names = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max"}
    found = [name.removeprefix("pooling_mode_") for name in old]
    mode = config.get("pooling_mode", " and ".join(names.get(n, n) for n in found))
    require(mode in MODES, "network", f"pooling {mode}", f"one of {', '.join(MODES)}")
    return mode


def _max_tokens(folder: Path) -> int | None:
    path = folder / "sentence_bert_config.json"
    if not path.is_file():
        return None
    found = io.read_object(path, "network").get("max_seq_length")
    return found if isinstance(found, int) and found > 0 else None


def pool(hidden: Any, mask: Any, pooling: Pooling) -> Any:
    """Vectors of texts, from those of their tokens.

    Args:
        hidden: of PyTorch, [texts, tokens, width].
        mask: of PyTorch, [texts, tokens]: 1 for a token, 0 where there is none.
        pooling: which vector, and whether it gets length 1.

    Returns:
        [texts, width].
    """
    there = mask.unsqueeze(-1).to(hidden.dtype)
    if pooling.mode == "mean":
        found = (hidden * there).sum(1) / there.sum(1).clamp(min=1e-9)
    elif pooling.mode == "max":
        found = hidden.masked_fill(there == 0, float("-inf")).amax(1)
    else:
        # The first or last place with a token, on whichever side the texts are filled.
        last = mask.shape[1] - 1 - mask.flip(1).argmax(1)
        place = last if pooling.mode == "lasttoken" else mask.argmax(1)
        found = hidden[range(len(hidden)), place]
    length = found.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return found / length if pooling.normalize else found
