"""What a person calls a run: its method, its data, and what tells it from others."""

import re
from collections.abc import Sequence

from scbch_jax.config.scbch import ABLATIONS
from scbch_jax.io import Record
from scbch_jax.report.grid import telling, varying
from scbch_jax.report.published_results import TITLES
from scbch_jax.report.runs import Run


def method_of(options: Record) -> str:
    """The method, or the variant of it, as the paper calls it.

    >>> method_of({"method": "scbch", "options.drop": ["weights"]})
    'SCBCH-3, no weights'
    """
    dropped = tuple(options.get("options.drop") or ())
    for variant, parts in ABLATIONS.items():
        if options.get("method", "scbch") == "scbch" and set(parts) == set(dropped):
            return variant
    name = str(options["method"]).upper()
    return f"{name}, no {', '.join(dropped)}" if dropped else name


def data_of(options: Record) -> str:
    """The dataset, as the paper calls it where it has it."""
    name: str = options["data.name"]
    return TITLES.get(name, name)


def rate_of(options: Record) -> float:
    """Share of the training rows that noise hit; 0 without noise."""
    return 0.0 if options["noise.kind"] == "none" else options["noise.rate"]


def features_of(run: Run) -> str:
    """The file of image features; what the package draws has none.

    Those of all stores have one name, so the checksum tells them apart.
    """
    files: dict[str, str] = run.about.get("files") or {}
    found = (file for name, file in files.items() if name.startswith("image"))
    name, _, checksum = next(found, "drawn by the package").partition(", sha256 ")
    return f"{name}, sha256 {checksum[:8]}" if checksum else name


def titles_of(groups: Sequence[Sequence[Run]], *, short: bool = False) -> list[str]:
    """A name for each setting: data, method, noise and bits, and what else differs.

    Args:
        groups: seeds of one setting each.
        short: without data and method where all share them.
    """
    options = [group[0].options for group in groups]
    names = [name for name in varying(options) if name in _SAYS]
    names += [name for name in telling(options) if name not in names]
    shown: list[str] = [] if short and names else list(_ALWAYS)
    shown += [name for name in names if name not in shown]
    titles = []
    for record in options:
        words = dict.fromkeys(
            _SAYS.get(name, _plain)(name, record) for name in shown if name in record
        )
        titles.append(", ".join(words))
    return titles


def brief(title: str) -> str:
    """A title with the variants' numbers alone, for figures; tables say the rest.

    >>> brief("SCBCH-3, no weights, 64 bits")
    'SCBCH-3, 64 bits'
    """
    return re.sub(r"(SCBCH-\d), no \w+", r"\1", title)


def details_of(options: Sequence[Record]) -> list[str]:
    """What else than method, data, noise and length tells settings apart, in words."""
    names = [name for name in telling(options) if name not in _SAYS]
    return [", ".join(_plain(name, o) for name in names if name in o) for o in options]


def percent_of(rate: float) -> str:
    """A rate in words.

    >>> percent_of(0.2)
    '20 % noise'
    """
    return f"{100 * rate:g} % noise"


def _plain(name: str, options: Record) -> str:
    value = options[name]
    words = " ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return f"{name.split('.')[-1].replace('_', ' ')} {words}"


_ALWAYS = ("data.name", "method")

_SAYS = {
    "data.name": lambda name, options: data_of(options),
    "method": lambda name, options: method_of(options),
    "options.drop": lambda name, options: method_of(options),
    "noise.rate": lambda name, options: percent_of(rate_of(options)),
    "noise.kind": lambda name, options: f"noise {options['noise.kind']}",
    "bits": lambda name, options: f"{options['bits']} bits",
}
"""Options that have words of their own."""
