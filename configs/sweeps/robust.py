"""The robust method, SCBCH and NRCH: kinds and rates of noise, code lengths.

bin/scbch sweep configs/sweeps/robust.py --data.root FOLDER --delete-checkpoints

12 settings, three methods, three seeds: 108 runs. On two CPU cores an epoch takes about
1.1 s with robust (80 epochs), 4.4 s with SCBCH (50) and 7 s with NRCH (50), so all runs
about 6.6 hours, those of robust 53 minutes of it. One method alone: --only robust.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scbch_jax.config import Experiment, Noise, experiment_file

CONFIGS = Path(__file__).parents[1]
NOISES = (
    *(Noise("swap", rate) for rate in (0.0, 0.2, 0.5, 0.8)),
    Noise("add", rate=0.5),
    Noise("drop", rate=0.5),
    Noise("flip", rate=0.1),
    Noise("class-dependent", rate=0.5),
    Noise("instance-dependent", rate=0.5),
)
"""Drawn from the seed of each run; all methods of a seed learn from the same labels."""

SETTINGS = (
    *((noise, 64) for noise in NOISES),
    *((Noise("swap", rate=0.5), bits) for bits in (16, 32, 128)),
)
EPOCHS = {"robust": 80, "scbch": 50, "nrch": 50}


def get_sweep() -> Iterator[Experiment]:
    """MIRFlickr-25K, hidden layers of 1,024 units; all methods of a setting in turn."""
    for noise, bits in SETTINGS:
        for method, epochs in EPOCHS.items():
            single = experiment_file.load(CONFIGS / f"{method}_mirflickr.py")
            yield replace(
                single,
                noise=noise,
                bits=bits,
                options=replace(single.options, hidden=1024),
                training=replace(single.training, epochs=epochs),
                seeds=(0, 1, 2),
            )
