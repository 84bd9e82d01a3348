"""What was run: options, data, versions, device, time, and how to run it again."""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from scbch_jax.report import titles
from scbch_jax.report.runs import Run, training_seconds


class SettingProvenance(NamedTuple):
    """Where the results of one setting come from."""

    title: str
    sentences: list[str]
    file_name: str
    """File to save the options as, to run the setting again."""
    command: str
    """Command that runs it again."""
    options: str
    """All options, as JSON."""


class Provenance(NamedTuple):
    """Where the results of a report come from."""

    shared_options: str
    """Options that all settings share, as JSON."""
    settings: list[SettingProvenance]


def provenance_of(groups: Sequence[list[Run]], names: Sequence[str]) -> Provenance:
    """Provenance of these settings.

    Args:
        groups: seeds of one setting each.
        names: titles of the settings.
    """
    options = [group[0].options for group in groups]
    differing = titles.differing_options(options)
    shared = {k: v for k, v in options[0].items() if k not in differing}
    return Provenance(
        json.dumps(shared, indent=2),
        [_of_setting(g, name) for g, name in zip(groups, names, strict=True)],
    )


def summary(runs: Sequence[Run]) -> str:
    """What the page is about, in two sentences."""
    finished = sum(run.finished for run in runs)
    names = (titles.dataset_title(run.options["data.name"]) for run in runs)
    words = (
        f"{len(runs)} run{'s' * (len(runs) > 1)} on {', '.join(dict.fromkeys(names))}"
    )
    if finished < len(runs):
        words += f", {finished} of them finished"
    return (
        f"{words}. MAP over the whole ranking; ties in Hamming distance count with "
        "their expectation over all orders."
    )


def _of_setting(group: list[Run], title: str) -> SettingProvenance:
    run = group[0]
    seeds = [r.seed for r in group]
    (base,) = titles.setting_titles([group])
    name = re.sub(r"[^a-z0-9]+", "-", base.lower()).strip("-")
    return SettingProvenance(
        title=title,
        sentences=[
            *_data_and_device(run),
            f"Seeds: {' '.join(map(str, seeds))}. {_time(group)}",
        ],
        file_name=f"{name}.json",
        command=f"bin/scbch train {name}.json --out runs/{name}",
        options=json.dumps({**run.options, "seeds": seeds}, indent=2),
    )


def _data_and_device(run: Run) -> list[str]:
    known = run.provenance
    if not known:
        return ["Not run."]
    sizes, files, versions = (
        ", ".join(f"{name} {value}" for name, value in (known.get(part) or {}).items())
        for part in ("sizes", "files", "versions")
    )
    terms = ", ".join(map(str, known.get("extra_terms") or []))
    return [
        f"Data: {known.get('data')}{f' ({files})' if files else ''}; "
        f"{sizes.replace('_', ' ')}.",
        *([f"Features: {known['features']}."] if known.get("features") else []),
        f"Python {known.get('python')}; {versions}. Device: {known.get('device')}.",
        *([f"Loss terms added by the user: {terms}."] if terms else []),
    ]


def _time(group: Sequence[Run]) -> str:
    epochs = sum(len(run.results) for run in group)
    wanted = sum(run.options["training.epochs"] for run in group)
    return f"{epochs} of {wanted} epochs in {training_seconds(group):,.0f} s."
