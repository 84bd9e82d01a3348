"""What a run's folder notes of its data, and when it refuses to go on."""

import numpy as np
import pytest

from scbch_jax import datasets, runs
from scbch_jax.config import Data, Experiment, Noise, Planted
from scbch_jax.errors import InputError
from scbch_jax.runs import tasks


def test_a_matrix_of_confusions_that_changed_is_another_run(tmp_path):
    """The options are the same, the file that they name is not."""
    matrix = tmp_path / "matrix.npy"
    np.save(matrix, np.ones((12, 12)))
    small = Data(planted=Planted(train=40, queries=5, database=50))
    plan = Experiment(data=small, noise=Noise("confuse", 0.5, str(matrix)))
    loaded = datasets.load(small)
    recipe = tasks.recipe_of(plan, loaded.dataset.train)

    def open_again(resume):
        runs.open_to_write(tmp_path / "run", plan, loaded, recipe, resume=resume)

    open_again(resume=False)
    open_again(resume=True)
    np.save(matrix, np.eye(12))
    with pytest.raises(InputError, match=r"resume: got files .*matrix.npy, sha256"):
        open_again(resume=True)
