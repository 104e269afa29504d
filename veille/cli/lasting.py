"""Commands that live for weeks: the loop, a worker, a server."""

from __future__ import annotations

import gc


def settle_in() -> None:
    """Look for garbage as often as Python does, from now on.

    A short command looks once in 200 000 objects, if at all, which makes it start sooner; in a program
    that stays, what hangs together in circles would wait for hours, and take megabytes. What start-up
    made is there to the end, and is not looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 10)
