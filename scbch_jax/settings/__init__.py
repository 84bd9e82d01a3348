"""Every option, declared once: type, default, check and help text.

Nothing here imports JAX, so help and bad options are answered at once.
"""

from scbch_jax.settings import dgcpn, nrch, scbch, ucch
from scbch_jax.settings.experiment import (
    Data,
    Experiment,
    Noise,
    Training,
    defaults_of,
)
from scbch_jax.settings.planted import Planted
from scbch_jax.settings.scenes import Scenes

__all__ = [
    "Data",
    "Experiment",
    "Noise",
    "Planted",
    "Scenes",
    "Training",
    "defaults_of",
    "dgcpn",
    "nrch",
    "scbch",
    "ucch",
]
