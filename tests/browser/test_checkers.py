"""What the field's own checkers say of the pages: HTML, accessibility."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

MODULES = Path(__file__).parents[2] / ".venv" / "node" / "node_modules"
AXE = MODULES / "axe-core" / "axe.min.js"
VNU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })"


def pages_of(site: Path) -> list[Path]:
    """Every page of the archive; the mail has rules of its own."""
    return sorted(path for path in site.rglob("*.html") if path.name != "mail.html")


def corrected_pages(corrected: Path) -> list[Path]:
    """The pages that differ from those of an archive without corrections, and those of the house."""
    pages = [
        corrected / name / "cinq-liens/1/index.html"
        for name in ("erratum", "withdrawn", "internal")
    ]
    return [
        *pages,
        corrected / "erratum/cinq-liens/index.html",
        *sorted(corrected.glob("office/*")),
    ]


def test_the_w3c_checker_has_nothing_to_say(site: Path, corrected: Path) -> None:
    """A01, A20, A23: no error in any page or style sheet, and no warning; those that are corrected,
    withdrawn, kept back or moved, and those that the house shows and prints, included.

    Of the policy it is wrong: it takes files on a disk for strangers to one another, and linked
    data for a script that would run. The browser, which enforces it, says nothing (A08).
    """
    pages = [*pages_of(site), *corrected_pages(corrected), *pages_of(corrected / "moved")]
    done = subprocess.run(
        ["java", "-jar", VNU, "--format", "json", "--also-check-css", *pages, site / "style.css"],
        capture_output=True,
        check=False,
        text=True,
    )  # fmt: skip
    found = [
        (message["url"].rpartition("archive/")[2], message["message"])
        for message in json.loads(done.stderr)["messages"]
        if message["type"] == "error" or "Content Security Policy" not in message["message"]
    ]
    assert found == []


def violations(page: Any) -> list[tuple[str, str, list[str]]]:
    """What axe-core finds against WCAG 2.2, levels A and AA."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate(RUN, TAGS)
    assert result["passes"], "axe-core judged nothing"
    return [
        (found["id"], found["help"], [node["html"] for node in found["nodes"]])
        for found in result["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_no_barrier(
    browser: Any, site: Path, corrected: Path, width: int, scheme: str
) -> None:
    """A02, A20, A23: WCAG 2.2 A and AA on every page, on a phone and on a desk, by day and by night."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for path in [*pages_of(site), *corrected_pages(corrected)]:
        page.goto(path.as_uri())
        assert violations(page) == [], path
        if path.name == "search.html":
            page.fill("#words", "un")
            assert page.locator("#hits > li").count() > 0
            assert violations(page) == [], "with results"
    context.close()
