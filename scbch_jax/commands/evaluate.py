"""`scbch evaluate`: saved weights to MAP in both directions."""

import dataclasses
import json

import jax

from scbch_jax import data, experiment, run_folder
from scbch_jax.commands import show
from scbch_jax.report import as_markdown, percent
from scbch_jax.settings.commands import Evaluate


def main(options: Evaluate) -> None:
    """Scores the latest checkpoint of every seed."""
    plan, _, _ = run_folder.open_to_read(options.run)
    if options.root:
        moved = dataclasses.replace(plan.data, root=options.root)
        plan = dataclasses.replace(plan, data=moved)
    dataset = data.load(plan.data).dataset
    rows = []
    with jax.default_matmul_precision(plan.training.precision):
        for seed in plan.seeds:
            _, _, params = run_folder.saved_params(options.run, seed=seed)
            task = experiment.prepare(plan, dataset, seed=seed)
            rows.append({"seed": seed, **experiment.score(task, params)})
    if options.json:
        for row in rows:
            show.say(json.dumps(row))
        return
    cells = [
        [f"seed {row['seed']}", *(percent(row[k]) for k in ("i2t", "t2i", "average"))]
        for row in rows
    ]
    show.say(as_markdown(["MAP in percent", "I2T", "T2I", "average"], cells))
