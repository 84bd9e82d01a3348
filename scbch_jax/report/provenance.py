"""What was run: options, data, versions, device, time, and how to run it again."""

import json
from collections.abc import Sequence

from scbch_jax.report import grid, naming, page
from scbch_jax.report.runs import Run


def section(groups: Sequence[list[Run]], titles: Sequence[str]) -> str:
    """One entry for each setting; options that all share stand once.

    Args:
        groups: seeds of one setting each.
        titles: of the settings.
    """
    options = [group[0].options for group in groups]
    apart = grid.varying(options)
    common = {k: v for k, v in options[0].items() if k not in apart}
    shared = json.dumps(common, indent=2)
    parts = [page.folded("Options that all share", page.literal(shared))]
    for group, title in zip(groups, titles, strict=True):
        parts.append(page.folded(title, _entry(group)))
    return "".join(parts)


def _entry(group: Sequence[Run]) -> str:
    run = group[0]
    seeds = " ".join(str(r.seed) for r in group)
    record = {**run.options, "seeds": [r.seed for r in group]}
    sentences = [*_facts(run), f"Seeds: {seeds}. {_time(group)}"]
    name = f"{page.anchor(naming.titles_of([list(group)])[0])}.json"
    again = f"bin/scbch train {name} --out runs/{name.removesuffix('.json')}"
    return (
        "".join(map(page.paragraph, sentences))
        + page.paragraph(f"To run it again, save these options as {name}:")
        + page.literal(again)
        + page.literal(json.dumps(record, indent=2))
    )


def _facts(run: Run) -> list[str]:
    about = run.about
    if not about:
        return ["Not run."]
    sizes = about.get("sizes") or {}
    files = ", ".join(f"{k} {v}" for k, v in (about.get("files") or {}).items())
    versions = ", ".join(f"{k} {v}" for k, v in (about.get("versions") or {}).items())
    words = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in sizes.items())
    terms = ", ".join(about.get("extra_terms") or [])
    return [
        f"Data: {about.get('data')}{f' ({files})' if files else ''}; {words}.",
        f"Python {about.get('python')}; {versions}. Device: {about.get('device')}.",
        *([f"Terms of the reader's own: {terms}."] if terms else []),
    ]


def _time(group: Sequence[Run]) -> str:
    seconds = sum(line.get("seconds") or 0.0 for run in group for line in run.lines)
    epochs = sum(len(run.lines) for run in group)
    wanted = sum(run.options["training.epochs"] for run in group)
    return f"{epochs} of {wanted} epochs in {seconds:,.0f} s."


def lead(runs: Sequence[Run]) -> str:
    """What the page is about, in a sentence or two."""
    finished = sum(run.finished for run in runs)
    data = ", ".join(dict.fromkeys(naming.data_of(run.options) for run in runs))
    words = f"{len(runs)} run{'s' * (len(runs) > 1)} on {data}"
    if finished < len(runs):
        words += f", {finished} of them finished"
    return page.paragraph(
        f"{words}. MAP over the whole ranking; items at one Hamming distance are "
        "averaged over all their orders."
    )
