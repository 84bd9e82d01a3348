"""`scbch demo`: SCBCH against its ablations on the planted set."""

from scbch_jax import experiment
from scbch_jax.commands import live, show
from scbch_jax.report import as_markdown, percent
from scbch_jax.report.records import Record
from scbch_jax.settings import Experiment, Noise, Training
from scbch_jax.settings.commands import Demo
from scbch_jax.settings.scbch import ABLATIONS, HParams, Options, Part


def main(options: Demo) -> None:
    """Trains five variants one after another and prints their table."""
    rows = []
    for name, drop in ABLATIONS.items():
        plan = plan_of(options, drop)
        with live.progress(f"{name:<26}", epochs=options.epochs) as on_epoch:
            lines = experiment.run(plan, on_epoch=on_epoch)
        rows.append(_row(name, lines[-1]))
    header = ["MAP in percent, last epoch", "I2T", "T2I", "average"]
    header += ["clean rows' weight", "noisy rows' weight", "ROC area"]
    show.say(as_markdown(header, rows))
    show.say(
        f"planted set, {100 * options.noise_rate:.0f} % of training rows noisy, "
        f"{options.epochs} epochs; ROC area: weights, clean against noisy rows"
    )


def plan_of(options: Demo, drop: tuple[Part, ...]) -> Experiment:
    """The experiment of one variant."""
    return Experiment(
        noise=Noise("swap", rate=options.noise_rate),
        bits=32,
        options=Options(hidden=256, drop=drop),
        hparams=HParams(learning_rate=3e-4),
        training=Training(epochs=options.epochs, score_every=5),
        seeds=(options.seed,),
    )


def _row(name: str, line: Record) -> list[str]:
    weights = [line[f"confidence_{k}"] for k in ("clean", "noisy", "roc")]
    return [
        name,
        *(percent(line[k]) for k in ("i2t", "t2i", "average")),
        *("-" if w is None or w != w else f"{w:.3f}" for w in weights),
    ]
