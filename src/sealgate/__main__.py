"""`python -m sealgate`: the same as the `sealgate` command."""

import sys

from sealgate.cli import main

if __name__ == "__main__":
    sys.exit(main())
