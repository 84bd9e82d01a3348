"""Weights out of the folder of a run, and weights from elsewhere into one."""

from pathlib import Path
from typing import Any

import jax

from scbch_jax.config import Experiment
from scbch_jax.errors import require
from scbch_jax.methods import Recipe, Sizes
from scbch_jax.runs.opening import open_to_read, open_to_write
from scbch_jax.training import Epoch, start


def saved_params(
    path: Path, *, seed: int | None = None
) -> tuple[Experiment, Recipe, Any]:
    """Experiment, recipe and params of a trained run, of its first seed by default.

    Raises:
        InputError: if the folder holds no such run.
    """
    experiment, recipe, folder = open_to_read(path)
    seed = experiment.seeds[0] if seed is None else seed
    require(seed in experiment.seeds, "seed", seed, f"one of {experiment.seeds}")
    like = jax.eval_shape(
        lambda key: start(experiment.hparams, key, recipe=recipe), jax.random.key(0)
    )
    return experiment, recipe, folder.saved(seed, like).params


def write_params(path: Path, experiment: Experiment, params: Any) -> None:
    """Makes a folder, as of a run of one epoch, from weights that came from elsewhere.

    Raises:
        InputError: if the folder holds a run, or cannot be written.
    """
    sizes = Sizes(
        image_dim=params["image"]["network"]["layer_0"]["kernel"].shape[0],
        text_dim=params["text"]["network"]["layer_0"]["kernel"].shape[0],
        classes=params["image"]["classifier"].shape[1],
        samples=1,
        bits=experiment.bits,
    )
    batch_size = experiment.training.batch_size
    recipe = Recipe(experiment.method, sizes, experiment.options, batch_size)
    run = start(experiment.hparams, jax.random.key(0), recipe=recipe)
    folder = open_to_write(path, experiment, None, recipe, resume=False)
    epoch = Epoch(1, run._replace(params=params), {})
    folder.save(experiment.seeds[0], epoch)
    folder.finish(experiment.seeds[0])
