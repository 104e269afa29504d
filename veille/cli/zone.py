"""The time zone of this machine, by its IANA name: what a new workspace counts its days in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOCALTIME = Path("/etc/localtime")  # a link into the zone database (localtime(5))
TIMEZONE = Path("/etc/timezone")  # Debian's: the name itself


def local_zone(
    environ: Mapping[str, str], *, localtime: Path = LOCALTIME, timezone: Path = TIMEZONE
) -> str:
    """``$TZ``, else what the system says, else UTC; always a zone that exists."""
    return next(filter(_exists, _names(environ, localtime, timezone)), "UTC")


def _names(environ: Mapping[str, str], localtime: Path, timezone: Path) -> Iterator[str]:
    yield environ.get("TZ", "").removeprefix(":")
    if localtime.is_symlink():
        yield str(localtime.resolve()).partition("zoneinfo/")[2]
    if timezone.is_file():
        yield timezone.read_text(encoding="utf-8", errors="replace").strip()


def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return bool(name)
