"""Every option, declared once: type, default, check and help text.

Nothing here imports JAX, so help and bad options are answered at once.
"""

from scbch_jax.settings import scbch
from scbch_jax.settings.experiment import Data, Experiment, Noise, Training
from scbch_jax.settings.planted import Planted

__all__ = ["Data", "Experiment", "Noise", "Planted", "Training", "scbch"]
