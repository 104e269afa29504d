"""Commands that live for weeks."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from veille.__main__ import GARBAGE_THRESHOLD
from veille.cli.lasting import settle_in

if TYPE_CHECKING:
    from collections.abc import Iterator


class Ring:
    """Hangs together in a circle."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture(autouse=True)
def _as_in_the_program() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE_THRESHOLD)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def work() -> list[list[int]]:
    return [[number] for number in range(5_000)]


def test_a_command_that_stays_keeps_no_garbage() -> None:
    """Short commands never look for it; what lives for weeks does."""
    before = weakref.ref(Ring())
    work()
    assert before() is not None
    settle_in()
    assert before() is None
    after = weakref.ref(Ring())
    work()
    assert after() is None
