"""Agreement with the authors' PyTorch code, number by number.

`golden/` holds inputs and outputs that were recorded from that code; `check_file`
computes the outputs of such a file again, by the functions that training uses.
"""

from pathlib import Path

from scbch_jax.agreement.comparison import Comparison, compare
from scbch_jax.agreement.recorded import Checked, check_file

GOLDEN = Path(__file__).parent / "golden"
"""Folder of the recorded files that the package ships."""

__all__ = [
    "compare",
    "Checked",
    "Comparison",
    "GOLDEN",
    "check_file",
]
