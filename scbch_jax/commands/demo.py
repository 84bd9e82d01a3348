"""`scbch demo`: SCBCH against its ablations on scenes, from pixels to a page."""

from pathlib import Path

from scbch_jax import config, data, experiment, report
from scbch_jax.commands import live, show
from scbch_jax.report import as_markdown, percent
from scbch_jax.report.records import Record
from scbch_jax.settings import Data, Experiment, Noise, Training
from scbch_jax.settings.demo import Demo
from scbch_jax.settings.scbch import ABLATIONS, HParams, Options, Part


def main(options: Demo) -> None:
    """Draws scenes, trains five variants, prints their table, and writes a page."""
    source = plan_of(options, ()).data
    folder = options.out or Path("runs") / f"demo-{config.digest(plan_of(options, ()))}"
    show.say("drawing scenes, and their features", aside=True)
    loaded = data.load(source)
    rows, folders = [], []
    for name, drop in ABLATIONS.items():
        folders.append(folder / name.split(",")[0].lower())
        with live.progress(f"{name:<26}", epochs=options.epochs) as on_epoch:
            lines = experiment.run(
                plan_of(options, drop),
                folders[-1],
                resume=True,
                on_epoch=on_epoch,
                loaded=loaded,
            )
        rows.append(_row(name, lines[-1]))
    show.say(_table(rows))
    show.say(
        f"scenes, {100 * options.noise_rate:.0f} % of training rows noisy, "
        f"{options.epochs} epochs; ROC area: weights, clean against noisy rows"
    )
    looks = data.looks_of(source)
    runs = report.read_runs(folders)
    page = report.write(runs, folder / "report", looks_of=lambda run: looks)
    show.say(str(page))


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
