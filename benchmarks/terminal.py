"""A real terminal, driven: tmux in control mode, which tells all that a program writes as it writes.

https://github.com/tmux/tmux/wiki/Control-Mode. Keys go in on one pipe, the screen comes out on the
other, so that no process is started between a key and what it draws.
"""

from __future__ import annotations

import itertools
import re
import subprocess
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NUMBERS = itertools.count()
_OCTAL = re.compile(rb"\\([0-7]{3})")


class Drawn(NamedTuple):
    """What the program wrote, and when it came."""

    at: float
    data: bytes


class Terminal:
    """A program in a terminal of its own, as large as asked; ``drawn`` is all that it wrote."""

    def __init__(
        self, command: str, folder: Path, environ: Mapping[str, str], size: tuple[int, int]
    ) -> None:
        # A server of its own: one that is ending would take a new session with it.
        socket = str(folder / f"tmux{next(_NUMBERS)}")
        self._tmux = ["tmux", "-S", socket, "-f", "/dev/null"]
        self._control = subprocess.Popen(
            [*self._tmux, "-C", "new-session", "-x", str(size[0]), "-y", str(size[1]), command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(environ),
        )
        self.drawn: list[Drawn] = []
        self._more = threading.Condition()
        self._ended = False
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def press(self, *keys: str) -> float:
        """Press keys, by the names tmux has for them; when they were sent."""
        return self._send("send-keys", *keys)

    def type(self, text: str) -> float:
        """Type a text."""
        return self._send("send-keys", "-l", text)

    def resize(self, cells: int, lines: int) -> float:
        """Make the terminal larger or smaller."""
        return self._send("resize-window", "-x", str(cells), "-y", str(lines))

    def until(self, text: str, since: float, seconds: float = 20) -> float:
        """Wait until a text was written after an instant; when it came. Raises TimeoutError.

        A text that came in pieces is found on the screen, up to a second later.
        """
        wanted, index, end = text.encode(), 0, time.perf_counter() + seconds
        with self._more:
            while True:
                while index < len(self.drawn):
                    if self.drawn[index].at >= since and wanted in self.drawn[index].data:
                        return self.drawn[index].at
                    index += 1
                if not self._more.wait(1) and text in self.screen():
                    return time.perf_counter()
                if self._ended or time.perf_counter() > end:
                    raise TimeoutError(f"never drawn: {text}\n{self.screen()}")

    def screen(self) -> str:
        """What is on the screen now."""
        done = subprocess.run(
            [*self._tmux, "capture-pane", "-p"], capture_output=True, text=True, check=False
        )
        return done.stdout

    def wait(self, seconds: float = 30) -> None:
        """Wait until the program ended; raises subprocess.TimeoutExpired."""
        self._control.wait(seconds)

    def close(self) -> None:
        """End it, whatever it does."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)
        self._listener.join(10)
        with self._control:  # closes its pipes
            pass

    def _send(self, *words: str) -> float:
        assert self._control.stdin is not None
        quoted = " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)
        at = time.perf_counter()
        self._control.stdin.write(f"{quoted}\n".encode())
        self._control.stdin.flush()
        return at

    def _listen(self) -> None:
        assert self._control.stdout is not None
        for line in self._control.stdout:
            at = time.perf_counter()
            if line.startswith(b"%output "):
                data = line.rstrip(b"\r\n").split(b" ", 2)[2]
                plain = _OCTAL.sub(lambda code: bytes([int(code[1], 8)]), data)
                with self._more:
                    self.drawn.append(Drawn(at, plain))
                    self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()
