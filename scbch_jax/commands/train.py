"""`scbch train`: an experiment to results, checkpoints and a table."""

from pathlib import Path

from scbch_jax import config, devices, experiment
from scbch_jax.commands import show, signals
from scbch_jax.settings.commands import Train


def main(options: Train) -> None:
    """Trains, shows progress, and prints last and best scores of each seed."""
    if options.coordinator:
        devices.join(options.coordinator, options.processes, options.process)
    plan = options.experiment
    folder = options.out or Path("runs") / f"{options.name}-{config.digest(plan)}"
    epochs = plan.training.epochs * len(plan.seeds)
    with (
        show.progress(options.name, epochs=epochs) as on_epoch,
        signals.asked_to_end() as stop,
    ):
        lines = experiment.run(
            plan, folder, resume=options.resume, on_epoch=on_epoch, stop=stop
        )
    if devices.is_first():
        show.say(show.results(lines, plan.seeds))
        show.say(f"results: {folder}")
