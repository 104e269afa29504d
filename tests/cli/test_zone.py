"""The time zone a new workspace begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from veille.cli.zone import local_zone

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def zone(tmp_path: Path):
    """The zone on a machine whose two files are in ``tmp_path``."""

    def of(environ: dict[str, str]) -> str:
        files = {"localtime": tmp_path / "localtime", "timezone": tmp_path / "timezone"}
        return local_zone(environ, **files)

    return of


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"TZ": "Europe/Paris"}, "Europe/Paris"),
        ({"TZ": ":America/Montreal"}, "America/Montreal"),
        ({"TZ": "../../etc/passwd"}, "UTC"),
        ({"TZ": "CET-1CEST"}, "UTC"),
        ({}, "UTC"),
    ],
)
def test_the_variable_comes_first(zone, given: dict[str, str], expected: str) -> None:
    """T12: only a zone that exists; UTC when nothing is known."""
    assert zone(given) == expected


def test_then_what_the_system_says(zone, tmp_path: Path) -> None:
    """A link into the zone database, or Debian's file."""
    (tmp_path / "timezone").write_text("Europe/Brussels\n")
    assert zone({}) == "Europe/Brussels"
    (tmp_path / "zoneinfo" / "Europe").mkdir(parents=True)
    (tmp_path / "zoneinfo" / "Europe" / "Paris").touch()
    (tmp_path / "localtime").symlink_to(tmp_path / "zoneinfo" / "Europe" / "Paris")
    assert zone({}) == "Europe/Paris"
