"""`scbch demo`: SCBCH against its ablations on scenes, from pixels to a page."""

from pathlib import Path

from scbch_jax import datasets, report
from scbch_jax.cli import console, progress
from scbch_jax.cli.options.demo import Demo
from scbch_jax.config import Data, Experiment, Noise, Training, experiment_file
from scbch_jax.config.scbch import ABLATIONS, HParams, Options, Part
from scbch_jax.io import Record
from scbch_jax.report import as_markdown, percent
from scbch_jax.runs import driver


def main(options: Demo) -> None:
    """Draws scenes, trains five variants, prints their table, and writes a page."""
    source = plan_of(options, ()).data
    folder = (
        options.out
        or Path("runs") / f"demo-{experiment_file.digest(plan_of(options, ()))}"
    )
    console.say("drawing scenes, and their features", aside=True)
    loaded = datasets.load(source)
    rows, folders = [], []
    for name, drop in ABLATIONS.items():
        folders.append(folder / name.split(",")[0].lower())
        with progress.progress(f"{name:<26}", epochs=options.epochs) as on_epoch:
            lines = driver.run(
                plan_of(options, drop),
                folders[-1],
                resume=True,
                on_epoch=on_epoch,
                loaded=loaded,
            )
        rows.append(_row(name, lines[-1]))
    console.say(_table(rows))
    console.say(
        f"scenes, {100 * options.noise_rate:.0f} % of training rows noisy, "
        f"{options.epochs} epochs; ROC area: weights, clean against noisy rows"
    )
    looks = datasets.display_data_of(source)
    runs = report.read_runs(folders)
    page = report.write(runs, folder / "report", display_of=lambda run: looks)
    console.say(str(page))


def plan_of(options: Demo, drop: tuple[Part, ...]) -> Experiment:
    """The experiment of one variant."""
    return Experiment(
        data=Data(name="scenes", scenes=options.scenes),
        noise=Noise("swap", rate=options.noise_rate),
        bits=32,
        options=Options(hidden=512, drop=drop),
        hparams=HParams(learning_rate=3e-4),
        training=Training(epochs=options.epochs, score_every=2),
        seeds=(options.seed,),
    )


def _table(rows: list[list[str]]) -> str:
    header = ["MAP in percent, last epoch", "I2T", "T2I", "average"]
    header += ["clean rows' weight", "noisy rows' weight", "ROC area"]
    return as_markdown(header, rows)


def _row(name: str, line: Record) -> list[str]:
    weights = [line[f"confidence_{k}"] for k in ("clean", "noisy", "roc")]
    return [
        name,
        *(percent(line[k]) for k in ("i2t", "t2i", "average")),
        *("-" if w is None or w != w else f"{w:.3f}" for w in weights),
    ]
