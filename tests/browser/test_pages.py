"""Pages and mails in a real browser: what no reading of the source can show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

PAGES = (
    "index.html",
    "cinq-liens/index.html",
    "cinq-liens/1/index.html",
    "search.html",
    "tags.html",
    "tags/accessibilite.html",
    "years/2026.html",
    "mail.html",
)
# Relative luminance of an sRGB colour (WCAG 2.2, "relative luminance"), for a computed background.
LUMINANCE = """() => {
  const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(
    c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4 });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}"""


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways(browser, site: Path, width: int) -> None:
    """E45, A02: at 320 px as on a desk (WCAG 2.2, 1.4.10)."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    for name in PAGES:
        page.goto((site / name).as_uri())
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, name
    page.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_words_without_end_are_broken(browser, strained: Path, width: int) -> None:
    """E45, A02: a naked address or a word longer than the sheet widens neither mail nor page."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    for name in ("mail.html", "page.html"):
        page.goto((strained / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.goto((strained / "mail.html").as_uri())
    assert page.locator(".sheet").bounding_box()["width"] <= 600
    page.close()


def test_pages_load_nothing_from_elsewhere_and_break_no_rule(browser, site: Path) -> None:
    """A05, A07, A08, E50: opened from the disk; every request is a file of the archive."""
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    for name in PAGES:
        page.goto((site / name).as_uri())
    page.close()
    assert [url for url in asked if not url.startswith(site.as_uri())] == []
    assert said == []


def test_pages_read_without_scripts(browser, site: Path) -> None:
    """A13: from the first page to an article's link by links alone."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Compter juste, ouvrir large").first.click()
    assert page.url == (site / "cinq-liens" / "1" / "index.html").as_uri()
    links = page.locator("main a[href^='http']")
    assert links.count() == 5
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_night_and_day(browser, site: Path, name: str) -> None:
    """E46: a light page by day, a dark one for those who ask their system for it."""
    shades = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto((site / name).as_uri())
        shades[scheme] = page.evaluate(LUMINANCE)
        page.close()
    assert shades["light"] > 0.8
    assert shades["dark"] < 0.1


def test_five_links_print_on_one_sheet(browser, site: Path, tmp_path: Path) -> None:
    """A15: one A4 page for the staff-room wall."""
    page = browser.new_page()
    page.goto((site / "cinq-liens" / "1" / "index.html").as_uri())
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    page.emulate_media(media="print")
    shown = page.locator("main").inner_text()
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    assert "Compter juste" in shown


def test_a_former_address_leads_on(browser, corrected: Path) -> None:
    """A05, A11: opened from the disk, the page at the former address gives way to the page, at once and
    without scripts."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for former, here in (("cinq-liens", "signets"), ("cinq-liens/1", "signets/1")):
        page.goto((corrected / "moved" / former / "index.html").as_uri())
        page.wait_for_url((corrected / "moved" / here / "index.html").as_uri())
    assert "Compter juste" in page.title()
    context.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_corrections_and_the_office_fit_a_phone(browser, corrected: Path, width: int) -> None:
    """A02, A20, A23: no page scrolls sideways; no word of the ledger's states is broken."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    places = [f"{name}/cinq-liens/1/index.html" for name in ("erratum", "withdrawn", "internal")]
    places += [f"office/{path.name}" for path in sorted(corrected.glob("office/*"))]
    for place in places:
        page.goto((corrected / place).as_uri())
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, place
    page.goto((corrected / "office/ledger.html").as_uri())
    lines = page.evaluate(
        """() => [...document.querySelectorAll("tbody td:nth-child(2):not(.number)")].map(
            cell => { const text = document.createRange(); text.selectNodeContents(cell);
                      return new Set([...text.getClientRects()].map(box => box.top)).size; })"""
    )
    assert lines
    assert set(lines) == {1}
    page.close()
