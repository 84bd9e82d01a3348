"""All methods on MIRFlickr-25K at three noise rates, with the ablations of SCBCH.

bin/scbch sweep configs/sweeps/methods.py --data.root FOLDER --delete-checkpoints
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scbch_jax.config import Experiment, Noise, experiment_file
from scbch_jax.config.experiment import METHOD_OPTIONS

HERE = Path(__file__).parent


def get_sweep() -> Iterator[Experiment]:
    """The runs of ablations.py, then each config of the others at the same rates."""
    yield from experiment_file.load_sweep(HERE / "ablations.py")
    for name in METHOD_OPTIONS:
        if name == "scbch":
            continue
        single = experiment_file.load(HERE.parent / f"{name}_mirflickr.py")
        for rate in (0.2, 0.5, 0.8):
            yield at_rate(single, rate)


def at_rate(single: Experiment, rate: float) -> Experiment:
    """The experiment at a noise rate, which methods that are told one are told."""
    hparams = single.hparams
    if "noise_rate" in hparams._fields:
        hparams = hparams._replace(noise_rate=rate)
    return replace(single, noise=Noise("published", rate=rate), hparams=hparams)
