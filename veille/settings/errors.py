"""Where a setting came from, so that what is wrong with it is said with file and line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from veille.errors import SettingsError
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_TABLE = r"\s*\[\s*([\w.-]+)\s*\]"


@dataclass(frozen=True, slots=True)
class Origin:
    """The file the settings were read from, and the variables that took a key's place."""

    path: Path
    text: str
    variables: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def error(self, section: str, key: str, problem: str) -> SettingsError:
        """What is wrong, after where it is written: a variable, or a line of the file."""
        variable = self.variables.get((section, key))
        if variable:
            return SettingsError(one_line(f"in the environment, {variable}: {problem}"))
        line = self._line(section, key)
        where = f"{self.path}, line {line}" if line else f"{self.path}"
        return SettingsError(one_line(f"{where}: {problem}"))

    def _line(self, section: str, key: str) -> int | None:
        """The line of a key in its table; of the table's header when the key has none of its own."""
        wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]") if key else None
        header, table = None, ""
        for number, line in enumerate(self.text.splitlines(), 1):
            opened = re.match(_TABLE, line)
            if opened:
                table = opened[1]
                header = number if table == section and header is None else header
            elif wanted and table == section and wanted.match(line):
                return number
        return header


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the name that may have been meant."""
    from difflib import get_close_matches  # only for a mistake

    names = sorted(known)
    close = get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"there are {', '.join(names)}"
