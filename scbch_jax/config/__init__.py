"""Every option, declared once: type, default, check and help text.

Nothing here imports JAX, so help and errors in options appear at once.
"""

from scbch_jax.config.data import Planted, Scenes
from scbch_jax.config.experiment import Data, Experiment, Noise, Training, defaults_of

__all__ = [
    "Data",
    "Experiment",
    "Noise",
    "Planted",
    "Scenes",
    "Training",
    "defaults_of",
]
