"""`scbch train`: an experiment to results, checkpoints and a table."""

from pathlib import Path

from scbch_jax import config, devices, experiment
from scbch_jax.commands import live, log, show, signals
from scbch_jax.report.records import Record
from scbch_jax.settings.run_commands import Train


def main(options: Train) -> None:
    """Trains, shows progress, and prints last and best scores of each seed."""
    if options.coordinator:
        words = f"process {options.process} of {options.processes}, numbers from 0"
        show.say(f"{words}: waiting for all at {options.coordinator}", aside=True)
        devices.join(options.coordinator, options.processes, options.process)
    plan = options.experiment
    folder = options.out or Path("runs") / f"{options.name}-{config.digest(plan)}"
    epochs = plan.training.epochs * len(plan.seeds)
    with (
        live.progress(options.name, epochs=epochs) as show_line,
        log.opened(options.log, folder) as log_line,
        signals.asked_to_end() as stop,
    ):

        def on_epoch(line: Record) -> None:
            show_line(line)
            log_line(line)

        lines = experiment.run(
            plan, folder, resume=options.resume, on_epoch=on_epoch, stop=stop
        )
    if devices.is_first():
        show.say(show.results(lines, plan.seeds))
        show.say(f"results: {folder}")
