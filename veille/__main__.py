"""The program: ``veille`` and ``python -m veille``."""

from __future__ import annotations

import gc
import sys

# Imports make many objects and no garbage: looking for some in between costs a tenth of the
# start-up of 'veille list'. Collections still happen, less often than by default (700).
GARBAGE_THRESHOLD = 50_000


def main() -> None:
    """Run one command and leave with its exit code."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    from veille.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
