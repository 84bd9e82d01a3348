"""`scbch evaluate`: saved weights to scores in both directions."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import jax

from scbch_jax import data, experiment, retrieval, run_folder
from scbch_jax.checks import require
from scbch_jax.commands import show
from scbch_jax.report import as_markdown, percent
from scbch_jax.report.records import Record, replace_file
from scbch_jax.settings.commands import Evaluate


def main(options: Evaluate) -> None:
    """Scores the latest checkpoint of every seed."""
    plan, recipe, folder = run_folder.open_to_read(options.run)
    if options.root:
        moved = dataclasses.replace(plan.data, root=options.root)
        plan = dataclasses.replace(plan, data=moved)
    dataset = data.load(plan.data).dataset
    # Weights do not depend on how many rows trained them.
    found, theirs = experiment.recipe_of(plan, dataset.train).sizes, recipe.sizes
    ours = found._replace(samples=theirs.samples)
    require(
        ours == theirs, "data", f"sizes {tuple(ours)}", f"the run's {tuple(theirs)}"
    )
    parts = jax.device_put((dataset.query, dataset.database))
    lines, curves = [], ["seed,direction,radius,precision,recall"]
    with jax.default_matmul_precision(plan.training.precision):
        for seed in plan.seeds:
            params = run_folder.saved_params(options.run, seed=seed)[2]
            codes = experiment.encode(params, plan.hparams, parts, recipe=recipe)
            counts = retrieval.count_both_ways(*codes)
            lines.append(
                {"seed": seed, **_scores(codes, counts, stable=options.stable)}
            )
            curves += _curve(seed, counts)
    if options.curve:
        replace_file(options.curve, "\n".join(curves) + "\n")
    show.say("\n".join(map(json.dumps, lines)) if options.json else _table(lines))


def _scores(codes: Any, counts: dict[str, Any], *, stable: bool) -> Record:
    scores: Record = retrieval.score(*codes)
    if stable:
        ranked = retrieval.stable_map(*codes)
        scores |= {f"{way}_stable": value for way, value in ranked.items()}
    for way, found in counts.items():
        scores[f"{way}_within_2"] = retrieval.precision_within(found, radius=2)
    return scores


def _curve(seed: int, counts: dict[str, Any]) -> Iterator[str]:
    for way, found in counts.items():
        points = zip(*retrieval.precision_recall(found), strict=True)
        for radius, (precision, recall) in enumerate(points):
            yield f"{seed},{way},{radius},{precision:.6f},{recall:.6f}"


def _table(lines: list[Record]) -> str:
    columns = {
        "MAP": "",
        "MAP, stable order": "_stable",
        "within radius 2": "_within_2",
    }
    columns = {k: v for k, v in columns.items() if f"i2t{v}" in lines[0]}
    rows = [
        [f"seed {line['seed']}, {way.upper()}"]
        + [percent(line[way + suffix]) for suffix in columns.values()]
        for line in lines
        for way in ("i2t", "t2i")
    ]
    return as_markdown(["percent", *columns], rows)
