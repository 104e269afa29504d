"""The line to the terminal may drop: then there is nothing to draw on, and the screen ends.

With its terminal a program loses the reader of all it writes, and is told twice: by SIGHUP, upon which
our screens leave, and by SIGCONT, upon which the library would begin to draw again. Its thread that
writes would die of the first byte, and the rest of the program wait for that thread for ever.

Who stops a program (Ctrl-Z) and brings it back (``fg``) finds an empty screen: the library draws what
changed since, which is nothing.
"""

from __future__ import annotations

import contextlib
import termios
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from textual import on
from textual.app import App, ReturnType, SuspendNotSupported
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver

from veille.errors import VeilleError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Line(LinuxDriver):
    """Draws for as long as there is a terminal."""

    @property
    def is_there(self) -> bool:
        """Whether anybody is at the other end."""
        with contextlib.suppress(termios.error):
            termios.tcgetattr(self.fileno)
            return True
        return False

    def write(self, data: str) -> None:
        """Draw, unless that would wait for nobody."""
        if self.is_there:
            super().write(data)

    def start_application_mode(self) -> None:
        """Begin to draw, or go on after a stop."""
        if self.is_there:
            super().start_application_mode()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Wait until all is drawn, when there is a terminal to draw it on."""
        if self.is_there:
            super().close()


class Resumable(App[ReturnType], inherit_bindings=False):
    """A program that draws all of itself when it goes on after a stop."""

    def aside(self, program: Callable[[], T]) -> T:
        """Give the terminal to another program for as long as it runs.

        Raises what that raises once the screen is back: from within, the library would leave the
        terminal to nobody.
        """
        with ExitStack() as stack:
            with contextlib.suppress(SuspendNotSupported):  # when a pilot drives us
                stack.enter_context(self.suspend())
            try:
                return program()
            except VeilleError as error:
                failed = error
        raise failed

    @on(Driver.SignalResume)
    def draw_again(self) -> None:
        """The terminal was somebody else's in between."""
        self.refresh(layout=True)
