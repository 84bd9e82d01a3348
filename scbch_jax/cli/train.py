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
        console.log(f"{words}: waiting for all at {options.coordinator}")
        sharding.initialize_distributed(
            options.coordinator, options.processes, options.process
        )
    plan = options.experiment
    folder = (
        options.out or Path("runs") / f"{options.name}-{experiment_file.digest(plan)}"
    )
    epochs = plan.training.epochs * len(plan.seeds)
    with (
        progress.training_progress(options.name, epochs=epochs) as show_line,
        loggers.event_writer(options.log, folder) as log_line,
        signals.stop_requested() as stop,
    ):

        def on_epoch(line: Record) -> None:
            show_line(line)
            log_line(line)

        lines = driver.run(
            plan, folder, resume=options.resume, on_epoch=on_epoch, stop=stop
        )
    if sharding.is_main_process():
        console.output(progress.results_table(lines, plan.seeds))
        console.output(f"results: {folder}")
