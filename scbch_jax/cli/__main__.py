"""`python -m scbch_jax.cli` runs the command line."""

import sys

from scbch_jax.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
