"""`scbch demo`: SCBCH against its ablations on scenes, from pixels to a search page."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from scbch_jax.cli import console
from scbch_jax.config import Data, Experiment, Noise, Training, experiment_file
from scbch_jax.config.constraints import ChecksFields, at_least, between
from scbch_jax.config.data import Scenes
from scbch_jax.config.scbch import ABLATIONS, HParams, Options, Part
from scbch_jax.results import EpochResult


@dataclass(frozen=True)
class Demo(ChecksFields):
    """Train SCBCH and its ablations on scenes with noisy labels; index the scenes."""

    noise_rate: Annotated[float, between(0, 1)] = 0.5
    """Share of the training rows whose labels are corrupted."""
    epochs: Annotated[int, at_least(1, 100_000)] = 30
    """Epochs of each run."""
    seed: Annotated[int, at_least(0, 2**32 - 1)] = 0
    """Random seed of weights, batches and noise."""
    scenes: Scenes = field(default_factory=Scenes)
    out: Path | None = None
    """Folder for all runs; by default one under runs/, named by a digest of the
    options. Runs that are finished there are not repeated."""
    serve: bool = False
    """Serve the index of the scenes at the end, and print the address of its page."""


def main(options: Demo) -> None:
    """Draws scenes, trains five variants, writes a report and an index."""
    from scbch_jax import datasets, extras, report, runs
    from scbch_jax.cli import demo_index, progress, serve
    from scbch_jax.report import writing

    extras.require_packages("demo", "gensim", "matplotlib", "jinja2")
    complete = experiment_of(options, ())
    name = f"demo-{experiment_file.digest(complete)}"
    folder = options.out or Path("runs") / name
    console.log("drawing scenes and computing their features")
    loaded = datasets.load(complete.data)
    rows, folders = [], []
    for name, drop in ABLATIONS.items():
        folders.append(folder / name.split(",")[0].lower())
        title = f"{name:<26}"
        with progress.training_progress(title, epochs=options.epochs) as on_epoch:
            results = runs.train(
                experiment_of(options, drop),
                folders[-1],
                resume=True,
                on_epoch=on_epoch,
                loaded=loaded,
            )
        rows.append(_row(name, results[-1]))
    console.output(_table(rows))
    console.output(
        f"scenes, {100 * options.noise_rate:.0f} % of training rows noisy, last of "
        f"{options.epochs} epochs; confidence: mean over clean and over noisy rows"
    )
    display = datasets.display_data_of(complete.data)
    trained = report.read_runs(folders)
    page = writing.write(trained, folder / "report", display_of=lambda run: display)
    console.output(str(page))
    path = demo_index.build(folder, folders[0], options.scenes, loaded)
    if options.serve:
        serve.main(serve.Serve(index=path, port=0))
        return
    console.output(f"to search the scenes by words and pictures: scbch serve {path}")


def experiment_of(options: Demo, drop: tuple[Part, ...]) -> Experiment:
    """The experiment of one variant, without the parts in `drop`."""
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
    from scbch_jax.report import as_markdown

    header = ["variant", "MAP I2T %", "MAP T2I %", "MAP average %"]
    header += ["confidence, clean rows", "confidence, noisy rows", "ROC AUC"]
    return as_markdown(header, rows)


def _row(name: str, result: EpochResult) -> list[str]:
    from scbch_jax.report import percent

    scores = result.retrieval or (None, None, None)
    weights = (result.confidence or (None, None, None))[:3]
    numbers = ["-" if w is None or w != w else f"{w:.3f}" for w in weights]
    return [name, *map(percent, scores), *numbers]
