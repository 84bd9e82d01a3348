"""Agreement with the authors' PyTorch code, number by number."""

from scbch_jax.agreement.compare import Comparison, compare
from scbch_jax.agreement.recorded import check_file

__all__ = ["Comparison", "check_file", "compare"]
