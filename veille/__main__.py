"""The program: ``veille`` and ``python -m veille``."""

from __future__ import annotations

import gc
import signal
import sys

# Imports make many objects and no garbage: looking for some among them costs a tenth of the
# start-up of 'veille list'. A long command still collects, only less often than by default (700).
GARBAGE_THRESHOLD = 200_000


def main() -> None:
    """Run one command and leave with its exit code."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    for number in (signal.SIGTERM, signal.SIGHUP):  # as Ctrl-C: what is done is kept, exit 130
        signal.signal(number, signal.default_int_handler)
    from veille.cli.main import run

    code = run(sys.argv[1:])
    # The interpreter ends with a full collection, which costs a fifth of a short command: what is
    # alive now needs none, since the process gives everything back at once.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
