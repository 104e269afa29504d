"""The pictures of docs/triage.md are those of the program.

``SNAPSHOT_UPDATE=1 pytest tests/tui/test_triage_pictures.py`` draws them again; look at them before you
commit them. What is compared is what is written on them: colours and shapes are Textual's business.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.triage import SAMPLE, prepare
from tests.tui.conftest import Desk, Sitting
from tests.tui.picture import kept, lines_of
from veille.curation.tags import TagChanges
from veille.store.database import Database
from veille.workflows import curate

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

NOW = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs" / "pictures"


async def decided(at: Sitting) -> None:
    """Some items gone through."""
    await at.press("d", "d", "y", "d")
    await at.settled()
    await at.see("skipped: Sauver les photos")


async def tagging(at: Sitting) -> None:
    """Tags being typed for the second item."""
    await at.press("j", "t")
    await at.see("#accessibilité")
    await at.press("patrimoine, nu")
    await at.see("#numérisation")


async def explained(at: Sitting) -> None:
    """All keys."""
    await at.press("?")
    await at.see("Keep the item, and go on.")


PICTURES = {
    "triage": (decided, (80, 24)),
    "triage-tags": (tagging, (80, 24)),
    "triage-wide": (decided, (140, 26)),
    "triage-help": (explained, (80, 34)),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of :func:`sample`, made once."""
    folder = tmp_path_factory.mktemp("sample")
    ids = prepare(folder, SAMPLE, 16, 0, now=NOW)
    desk = Desk(folder, now=NOW)
    db = Database.open(f"sqlite:///{folder / 'veille.db'}")
    for tag, items in (
        ("accessibilité", ids[4:8]),
        ("numérisation", ids[5:7]),
        ("publics", ids[9:]),
    ):
        curate.tag(db, items, TagChanges(add=(tag,)), act=desk.act())
    db.close()
    return folder


@pytest.fixture
def sample(template: Path, tmp_path: Path) -> Desk:
    """The screen on the bundled sample, a few of whose items have tags."""
    shutil.copytree(template, tmp_path / "watch")
    return Desk(tmp_path / "watch", now=NOW)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_up_to_date(sample: Desk, name: str) -> None:
    """Those of the documentation, drawn anew."""
    scene, size = PICTURES[name]
    sample.size = size
    path = DOCS / f"{name}.svg"
    drawn = draw(sample, scene)
    if os.environ.get("SNAPSHOT_UPDATE"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(kept(drawn), encoding="utf-8")
    assert lines_of(path.read_text(encoding="utf-8")) == lines_of(drawn)


def draw(desk: Desk, scene: Callable[[Sitting], Awaitable[None]]) -> str:
    """The screen after a scene."""
    pictures: list[str] = []

    async def play(at: Sitting) -> None:
        await scene(at)
        await at.pilot.pause()
        pictures.append(at.screen.export_screenshot(title="veille triage"))

    desk.run(play)
    return pictures[0]
