"""A real browser, and the demo's archive to open in it."""

from __future__ import annotations

import shutil
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from tests.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "the slow ring needs Chromium: 'make test-slow' says how"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo publishes, with the HTML of one of its mails beside it; tests only read it."""
    folder = tmp_path_factory.mktemp("site")
    veille = Program(here=folder, environ={"XDG_CONFIG_HOME": str(folder), "LOGNAME": "camille"})
    assert veille("demo", folder / "demo").code == 0
    archive = folder / "demo" / "archive"
    raw = min((folder / "demo" / "outbox").glob("*.eml")).read_bytes()
    html = message_from_bytes(raw, policy=policy.default).get_body(("html",)).get_content()
    (archive / "mail.html").write_text(html, encoding="utf-8")
    return archive
