"""Agreement with the authors' PyTorch code, number by number."""

from scbch_jax.agreement.compare import Comparison, compare
from scbch_jax.agreement.official import record
from scbch_jax.agreement.recorded import Checked, check_file

__all__ = [
    "compare",
    "Checked",
    "Comparison",
    "check_file",
    "record",
]
