"""SCBCH and its relatives: cross-modal hashing from noisy multi-labels, in JAX.

Import the module you need; this package imports nothing by itself, so that the
command line starts fast.
"""

__version__ = "0.2.0"
__all__ = ["__version__"]
