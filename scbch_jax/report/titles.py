"""Titles of settings: data, method, noise, bits, and the options that differ."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from scbch_jax.config.experiment import footnotes, original_of
from scbch_jax.config.scbch import ABLATIONS
from scbch_jax.io import Record
from scbch_jax.report.published_results import TITLES
from scbch_jax.report.runs import Run


def setting_titles(
    groups: Sequence[Sequence[Run]], *, short: bool = False
) -> list[str]:
    """A title for each setting: data, method, noise, bits, and what else differs.

    Args:
        groups: seeds of one setting each.
        short: leave out data and method where all share them.
    """
    options = [group[0].options for group in groups]
    names = [name for name in differing_options(options) if name in _TITLES]
    names += [name for name in identifying_options(options) if name not in names]
    shown: list[str] = [] if short and names else ["data.name", "method"]
    shown += [name for name in names if name not in shown]
    return [
        ", ".join(dict.fromkeys(_title(name, o) for name in shown if name in o))
        for o in options
    ]


def option_titles(options: Sequence[Record]) -> list[str]:
    """The options that distinguish settings, without data, method, noise and bits."""
    names = [name for name in identifying_options(options) if name not in _TITLES]
    return [", ".join(_title(name, o) for name in names if name in o) for o in options]


def short_variant(title: str) -> str:
    """A title in which ablations have their number only, for figures.

    >>> short_variant("SCBCH-3, no weights, 64 bits")
    'SCBCH-3, 64 bits'
    """
    return re.sub(r"(SCBCH-\d), no \w+", r"\1", title)


def method_title(options: Record) -> str:
    """The method or its ablation, as the paper calls it.

    >>> method_title({"method": "scbch", "options.drop": ["row-weights"]})
    'SCBCH-3, no weights'
    """
    dropped = tuple(options.get("options.drop") or ())
    method = options.get("method", "scbch")
    for variant, parts in ABLATIONS.items():
        if method == "scbch" and set(parts) == set(dropped):
            return variant
    name = "robust" if method == "robust" else str(method).upper()
    name = f"{method} (reconstruction)" if original_of(method) else name
    return f"{name}, no {', '.join(dropped)}" if dropped else name


def notes(options: Iterable[Record]) -> str:
    """What has to stand beside the numbers of these runs; empty for most methods.

    >>> notes([{"method": "pip_like"}, {}])
    'pip_like: a reconstruction of PIP; not compared with an original implementation.'
    """
    return " ".join(footnotes(record.get("method", "scbch") for record in options))


def dataset_title(name: str) -> str:
    """The dataset, as the paper calls it if it uses it.

    >>> dataset_title("coco")
    'MS-COCO'
    """
    return TITLES.get(name, name)


def noise_title(rate: float) -> str:
    """A noise rate in words.

    >>> noise_title(0.2)
    '20 % noise'
    """
    return f"{100 * rate:g} % noise"


def noise_rate(options: Record) -> float:
    """Share of the training rows with noisy labels; 0 without noise."""
    return 0.0 if options["noise.kind"] == "none" else options["noise.rate"]


def image_features(run: Run) -> str:
    """The file of the image features; generated data have none.

    Files of all stores have the same name, so their checksum is added.
    """
    files: dict[str, str] = run.provenance.get("files") or {}
    found = (str(file) for name, file in files.items() if name.startswith("image"))
    name, _, checksum = next(found, "generated data").partition(", sha256 ")
    return f"{name}, sha256 {checksum[:8]}" if checksum else name


def differing_options(options: Sequence[Record]) -> list[str]:
    """Names of the options in which settings differ, in their order."""
    names = dict.fromkeys(name for record in options for name in record)
    return [
        name
        for name in names
        if name not in ("seeds", "data.root")
        and len({repr(o.get(name)) for o in options}) > 1
    ]


def identifying_options(options: Sequence[Record]) -> list[str]:
    """The first options that distinguish all settings; others follow from them."""
    chosen: list[str] = []
    for name in differing_options(options):
        finer = len({option_words(o, [*chosen, name]) for o in options})
        if finer > len({option_words(o, chosen) for o in options}):
            chosen.append(name)
    return chosen


def option_words(options: Record, names: Sequence[str]) -> tuple[str, ...]:
    """Values of these options as text; "-" for one that the method does not have."""
    return tuple(_text(options.get(name), ", ") or "-" for name in names)


def _title(name: str, options: Record) -> str:
    if name in _TITLES:
        return _TITLES[name](options)
    words = _text(options[name], " ")
    return f"{name.split('.')[-1].replace('_', ' ')} {words}"


def _text(value: Any, separator: str) -> str:
    if isinstance(value, list | tuple):
        return separator.join(map(str, value))
    return "" if value is None else f"{value}"


_TITLES = {
    "data.name": lambda options: dataset_title(options["data.name"]),
    "method": method_title,
    "options.drop": method_title,
    "noise.rate": lambda options: noise_title(noise_rate(options)),
    "noise.kind": lambda options: f"noise {options['noise.kind']}",
    "bits": lambda options: f"{options['bits']} bits",
}
"""Options that have titles of their own."""
