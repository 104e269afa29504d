"""What a hostile feed and its page may leave in a mail, a page and the archive: words."""

from __future__ import annotations

import email
import email.policy
import re
from html import escape
from typing import TYPE_CHECKING

import html5lib
import pytest

from tests.program import Program, veille
from tests.workflows.conftest import FakeWeb

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["veille"]

# Markup that changes its meaning when it is parsed twice, and what feedparser lets through (E4).
MUTATIONS = (
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<math><maction xlink:href="javascript:alert(1)">x</maction></math>',
    '<video poster="javascript:alert(1)"><source src="https://tracker.example/v"></video>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe><object data="data:text/html,x"></object>',
    '<meta http-equiv=refresh content="0;url=https://tracker.example/"><base href="https://b.example/">',
    '<link rel=stylesheet href="https://tracker.example/s.css"><style>@import "//tracker.example/i"</style>',
    '<img src="https://tracker.example/pixel" width=1 height=1 srcset="https://tracker.example/2 2x">',
    '<div style="background:url(https://tracker.example/bg)" onclick="alert(1)">x</div>',
    '<a href="JaVa\tScRiPt:alert(1)">x</a><a href="vbscript:x">y</a><a href="data:text/html,x">z</a>',
    "<template><script>alert(1)</script></template><xmp><script>alert(1)</script></xmp>",
    "<textarea></textarea><script>alert(1)</script><!--><script>alert(1)</script>-->",
    "\x1b]0;title\x07 \u202etxt",
)
MARKUP = "".join(MUTATIONS)
FEED = f"""<rss version="2.0"><channel><title>{escape(MARKUP)[:300]}</title>
<link>https://hostile.example/</link><item><guid>1</guid><link>https://hostile.example/1</link>
<title>{escape(MARKUP)}</title><author>{escape(MARKUP)[:200]}</author>
<description>{escape(MARKUP)}</description></item></channel></rss>""".replace("\x1b", "").replace(
    "\x07", ""
)
PAGE = f"<title>Un</title><article><p>{'Un article assez long. ' * 30}</p>{MARKUP}</article>"

_RESOURCES = {"img", "script", "iframe", "object", "embed", "video", "audio", "source", "base"}
_FORBIDDEN = _RESOURCES | {"form", "input", "textarea", "svg", "math", "template", "noscript"}


def faults(markup: str) -> list[str]:
    """What a browser would run or load by itself, or follow beyond the web."""
    found: list[str] = []
    for element in html5lib.parse(markup, namespaceHTMLElements=False).iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2].lower()
        if name == "script" and element.get("type") == "application/ld+json":
            continue  # data of ours, which no browser runs
        if name in _FORBIDDEN:
            found.append(f"<{name}>")
        refresh = name == "meta" and (element.get("http-equiv") or "").lower() == "refresh"
        sheet = name == "link" and "stylesheet" in (element.get("rel") or "")
        remote = re.match(r"(?:https?:)?//", element.get("href") or "")
        if refresh or (sheet and remote):
            found.append(f"<{name} {element.attrib}>")
        for key, value in element.attrib.items():
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\s\x00]", "", value).lower())
            beyond = (
                key in ("href", "src") and scheme and scheme[1] not in ("http", "https", "mailto")
            )
            loads = key == "style" and "url(" in value.lower()
            if key.startswith("on") or key in ("srcset", "srcdoc", "poster") or beyond or loads:
                found.append(f"{name} {key}={value}")
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of :func:`published`, made once."""
    web = FakeWeb()
    web.on("https://hostile.example/feed", FEED, content_type="application/rss+xml")
    web.on("https://hostile.example/1", PAGE)

    def adapt(app: object) -> None:
        app.web = web
        app.fetcher = lambda concurrency=None: web

    here = tmp_path_factory.mktemp("hostile")
    environ = {"LOGNAME": "camille", "XDG_CONFIG_HOME": str(here / "none")}
    veille = Program(here=here, environ=environ, adapt=adapt)
    folder = here / "watch"
    assert veille("init", folder).code == 0
    veille.environ["VEILLE_WORKSPACE"] = str(folder)
    assert veille("source", "add", "https://hostile.example/feed").code == 0
    assert veille("collect").code == 0
    assert veille("keep", 1).code == 0
    assert veille("collect").code == 0
    assert veille("digest", "create", "liens", "--title", "Liens", "--links", 1).code == 0
    assert veille("comment", 1, "Pourquoi le lire. " + MARKUP, "--blurb").code == 0
    assert veille("edition", "draft", "liens", "--period", "2026-11").code == 0
    assert veille("edition", "preview", "liens/1", "--out", folder / "preview").code == 0
    assert veille("edition", "approve", "liens/1").code == 0
    assert veille("edition", "publish", "liens/1").code == 0
    return folder


@pytest.fixture
def published(made: Path, veille: Program) -> Path:
    """A workspace whose one edition was made of a hostile feed, with the text of its page: to read."""
    veille.environ["VEILLE_WORKSPACE"] = str(made)
    return made


def test_no_output_holds_what_a_feed_or_a_page_smuggled(published: Path) -> None:
    """A1, A2, A3, E4: by a parser of HTML 5, over every file that readers get."""
    files = [*published.glob("preview/*.html"), *published.glob("archive/**/*.html")]
    assert len(files) >= 4
    # What the search of the archive is made of, and nothing beside it.
    own = {"search.html": ["<form>", "<input>", "<script>", "<script>", "<template>"]}
    for path in files:
        found = sorted(faults(path.read_text(encoding="utf-8")))
        assert found == own.get(path.name, []), path
    message = email.message_from_bytes(
        (published / "preview/message.eml").read_bytes(), policy=email.policy.default
    )
    bodies = {
        part.get_content_type(): part.get_content()
        for part in message.walk()
        if not part.is_multipart()
    }
    assert faults(bodies["text/html"]) == []
    assert set(bodies) == {"text/plain", "text/html"}


def test_nothing_smuggled_reaches_the_terminal(published: Path, veille: Program) -> None:
    """A9, F22."""
    shown = veille("show", 1, "--text")
    assert shown.code == 0
    assert "Un article assez long." in shown.out
    assert not re.search("[\x1b\x07\u202e]", shown.out)


def test_the_store_holds_only_links_of_the_web(published: Path, veille: Program) -> None:
    """F15, A1: not even the content that no output shows."""
    content = veille("show", 1, "--json").json["content"]
    assert faults(content.replace("<img", "<x-img")) == []
    assert "javascript:" not in content.lower()
