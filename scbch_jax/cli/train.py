"""`scbch train`: an experiment to results, checkpoints and a table."""

from pathlib import Path

from scbch_jax import sharding
from scbch_jax.cli import console, loggers, progress, signals
from scbch_jax.cli.options.run_commands import Train
from scbch_jax.config import experiment_file
from scbch_jax.io import Record
from scbch_jax.runs import driver


def main(options: Train) -> None:
    """Trains, shows progress, and prints last and best scores of each seed."""
    if options.coordinator:
        words = f"process {options.process} of {options.processes}, numbers from 0"
        console.say(f"{words}: waiting for all at {options.coordinator}", aside=True)
        sharding.initialize_distributed(
            options.coordinator, options.processes, options.process
        )
    plan = options.experiment
    folder = (
        options.out or Path("runs") / f"{options.name}-{experiment_file.digest(plan)}"
    )
    epochs = plan.training.epochs * len(plan.seeds)
    with (
        progress.progress(options.name, epochs=epochs) as show_line,
        loggers.opened(options.log, folder) as log_line,
        signals.asked_to_end() as stop,
    ):

        def on_epoch(line: Record) -> None:
            show_line(line)
            log_line(line)

        lines = driver.run(
            plan, folder, resume=options.resume, on_epoch=on_epoch, stop=stop
        )
    if sharding.is_main_process():
        console.say(console.results(lines, plan.seeds))
        console.say(f"results: {folder}")
