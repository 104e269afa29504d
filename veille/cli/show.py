"""The one door to the terminal: everything a command prints is made safe here.

Data goes to standard output, notes and errors to standard error. No control or bidi character of
a title, a server's answer or an exception passes (faults I1 and I2), and what the terminal's
encoding lacks is replaced (I3).
"""

from __future__ import annotations

import os
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TextIO

from veille.cli.table import GAP, Column, layout
from veille.terminal.safe import fit, safe, safe_line, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STYLES = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "cyan": "36"}
DEFAULT_WIDTH = 80
BELOW = "    "


class Show:
    """Where a command's words go. ``quiet`` silences all but data and errors."""

    def __init__(
        self,
        stdout: TextIO,
        stderr: TextIO,
        environ: Mapping[str, str],
        *,
        quiet: bool = False,
    ) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self._environ = environ
        self.quiet = quiet
        for stream in (stdout, stderr):
            _replace_what_cannot_be_encoded(stream)

    @property
    def on_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        return self._stdout.isatty()

    @property
    def animated(self) -> bool:
        """Whether progress may be drawn: standard error is a terminal that understands it."""
        return self._stderr.isatty() and not self.quiet and self._plain is False

    @property
    def coloured(self) -> bool:
        """Whether colours may be used (https://no-color.org)."""
        return self.on_terminal and not self._plain

    @property
    def _plain(self) -> bool:
        return bool(self._environ.get("NO_COLOR")) or self._environ.get("TERM") == "dumb"

    @property
    def unicode(self) -> bool:
        """Whether signs outside ASCII reach the reader."""
        return (self._stdout.encoding or "utf-8").lower().replace("-", "").startswith("utf")

    @property
    def width(self) -> int | None:
        """How many cells a line has; None when the output is no terminal."""
        if not self.on_terminal:
            return None
        columns = self._environ.get("COLUMNS", "")
        if columns.isdecimal() and int(columns) > 0:
            return int(columns)
        try:
            return os.get_terminal_size(self._stdout.fileno()).columns or DEFAULT_WIDTH
        except (OSError, ValueError):
            return DEFAULT_WIDTH

    def line(self, text: str = "", *, style: str = "") -> None:
        """One line of data, or several."""
        self._write(self._stdout, self._styled(safe(text), style))

    def paragraph(self, text: str, *, indent: str = "") -> None:
        """Text broken to the terminal's width, or to 80 cells where there is none."""
        room = min(self.width or DEFAULT_WIDTH, 100) - len(indent)
        for line in wrap(safe(text), room):
            self._write(self._stdout, f"{indent}{line}".rstrip(" "))

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        *,
        indent: str = "",
        below: Sequence[Sequence[str]] = (),
    ) -> None:
        """Rows of data in columns that fit the terminal; ``below`` each, lines that belong to it."""
        room = None if self.width is None else self.width - len(indent)
        for cells, lines in zip_longest(layout(columns, rows, room), below, fillvalue=()):
            styled = (
                self._styled(cell, column.style)
                for cell, column in zip(cells, columns, strict=True)
            )
            self._write(self._stdout, indent + GAP.join(styled).rstrip(" "))
            for line in lines:
                self._write_below(f"{indent}{BELOW}{safe_line(line)}")

    def _write_below(self, line: str) -> None:
        shown = line if self.width is None else fit(line, self.width)
        self._write(self._stdout, self._styled(shown, "dim"))

    def json(self, value: Any) -> None:
        """Exactly one JSON document, in UTF-8 whatever the terminal's encoding."""
        from veille.cli.documents import document

        data = document(value)
        buffer = getattr(self._stdout, "buffer", None)
        if buffer is None:
            self._stdout.write(data)
            return
        self._stdout.flush()
        buffer.write(data.encode())
        buffer.flush()

    def say(self, text: str) -> None:
        """A sentence on what was done, for a person; silenced by ``-q``."""
        if not self.quiet:
            self._write(self._stdout, safe_line(text))

    def note(self, text: str) -> None:
        """A remark beside the data, on standard error; silenced by ``-q``."""
        if not self.quiet:
            self._write(self._stderr, safe_line(text))

    def error(self, text: str) -> None:
        """What went wrong, on one line of standard error."""
        self._write(self._stderr, f"veille: {safe_line(text)}")

    def trace(self, text: str) -> None:
        """A traceback, for those who asked with ``-vv``."""
        self._write(self._stderr, safe(text))

    def ask(self, question: str) -> None:
        """A question on standard error; the answer follows on the same line."""
        self._stderr.write(f"{safe_line(question)} [y/N] ")
        self._stderr.flush()

    def _styled(self, text: str, style: str) -> str:
        if not style or not text.strip() or not self.coloured:
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    def _write(self, stream: TextIO, text: str) -> None:
        stream.write(f"{text}\n")


def _replace_what_cannot_be_encoded(stream: TextIO) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
