"""Templates: the workspace's own first, in a sandbox, and errors that say where."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from veille.digest.errata import ErratumView
from veille.digest.headings import Found, Heading
from veille.digest.render import Renderer, standard_templates
from veille.digest.shelves import Entry, Issue, Shelf, Withheld
from veille.digest.view import EditionView, House, PickView
from veille.errors import TemplateError


@pytest.fixture
def overridden(tmp_path, sender):
    """Writes an override and returns a renderer that sees it."""

    def write(name: str, text: str) -> Renderer:
        path = tmp_path / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Renderer(overrides=tmp_path / "templates", sender=sender)

    return write


def test_an_override_wins_and_may_build_on_the_standard_one(overridden, content):
    renderer = overridden(
        "site/edition.html",
        '{% extends "veille/site/edition.html" %}{% block title %}Le mien, {{ house.name }}{% endblock %}',
    )
    page = renderer.edition(content).page
    assert "<title>Le mien, Musée de la Grande Halle" in page
    assert "Numériser" in page


def test_the_style_sheet_may_be_overridden(overridden):
    assert overridden("site/style.css", "body { color: {{ red }} }").stylesheet() == (
        b"body { color: {{ red }} }"
    )


def test_folders_given_are_searched_in_order(tmp_path, sender, content):
    """Standard templates may come from a wheel or a checkout: the first that has it wins."""
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "subject.txt").write_text("Premier", encoding="utf-8")
    renderer = Renderer(
        [tmp_path, *standard_templates()], overrides=tmp_path / "none", sender=sender
    )
    assert renderer.edition(content).subject == "Premier"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("\n{{ nom_inconnu }}", "nom_inconnu"),
        ("\n{{ edition.nom_inconnu }}", "nom_inconnu"),
        ("\n{% if %}", "Expected"),
        ("\n{{ ''.__class__.__mro__ }}", "unsafe"),
        ("\n{{ range(10**9)|list }}", "Range too big"),
        ('\n{{ "x" * 10**9 }}', "the result of * is too large"),
        ('\n{{ 10**8 * ["x"] }}', "the result of * is too large"),
        ("\n{{ 9 ** 99999 }}", "the result of ** is too large"),
        (
            "\n{% for a in range(9999) %}{{ 'x' * 99999 }}{% endfor %}",
            "it writes more than 20000000 characters",
        ),
        ("\n{{ edition.picks.__init__.__globals__ }}", "unsafe"),
        ("\n{{ self._TemplateReference__context.environ }}", "unsafe"),
        ("\n{{ edition.number / 0 }}", "division"),
        ("\n{% include 'absent.html' %}", "absent.html"),
    ],
)
@pytest.mark.parametrize(
    "name", ["email/subject.txt", "email/body.txt", "email/body.html", "site/edition.html"]
)
def test_a_fault_stops_everything_and_says_where(overridden, content, name, text, reason):
    """M15, O6: undefined names, syntax, the sandbox's refusals: file, line, remedy, on one line."""
    renderer = overridden(name, text)
    with pytest.raises(TemplateError) as caught:
        renderer.edition(content)
    message = str(caught.value)
    assert f"{name}, line 2" in message
    assert reason in message
    assert "delete the file" in message
    assert "\n" not in message


@pytest.mark.parametrize("name", ["environ", "request", "config", "os", "sys", "open", "env"])
def test_the_world_is_not_in_the_templates(overridden, content, name):
    """O6: no environment, no files (CVE-2025-49136)."""
    with pytest.raises(TemplateError, match=name):
        overridden("email/subject.txt", "{{ " + name + " }}").edition(content)


@pytest.mark.parametrize("name", ["part.html.j2", "part.j2", "part.xhtml", "part"])
def test_everything_but_txt_is_escaped(overridden, content, name):
    """E13, O7: whatever the file is called."""
    overridden(name, "{{ '<b>' }}")
    renderer = overridden("email/subject.txt", "{% include '" + name + "' %}|{{ '<i>' }}")
    assert renderer.edition(content).subject == "&lt;b&gt;|<i>"


def test_a_file_that_is_not_utf_8_is_named(overridden, content, tmp_path):
    renderer = overridden("email/body.txt", "")
    (tmp_path / "templates" / "email" / "body.txt").write_bytes(b"\xe9t\xe9")
    with pytest.raises(TemplateError, match=r"/email/body\.txt: it is not in UTF-8; correct it"):
        renderer.edition(content)


def test_a_template_that_asks_for_one_that_is_not_there_is_told_which(overridden, content):
    """M15: in words, with the line that asks."""
    renderer = overridden("email/body.txt", "\n{% include 'nope.txt' %}")
    said = r"body\.txt, line 2: there is no template 'nope\.txt'; correct it"
    with pytest.raises(TemplateError, match=said):
        renderer.edition(content)


def test_a_style_sheet_that_is_missing_is_our_fault(tmp_path, sender):
    with pytest.raises(TemplateError, match=r"style\.css.*report it"):
        Renderer([tmp_path], overrides=None, sender=sender).stylesheet()


def test_filters_guard_addresses(overridden, content):
    """A1: whatever a template links to, http(s) and mailto only."""
    template = (
        "{{ 'javascript:x'|address }}|{{ none|address }}|{{ 'mailto:a@b.example'|address }}"
        "|{{ 'https://a.example/'|address }}"
    )
    assert overridden("email/subject.txt", template).edition(content).subject == (
        "||mailto:a@b.example|https://a.example/"
    )


def test_the_standard_templates_are_found_beside_the_package():
    """Architecture: packaged copy first, then the checkout's; here at least the latter."""
    folders = standard_templates()
    assert folders
    assert all((Path(folder) / "site" / "style.css").is_file() for folder in folders)


def test_everything_a_template_sees_is_documented():
    """docs/templates.md names every file, every field and every filter."""
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w./-]+)`", page))
    shown = (
        House,
        EditionView,
        PickView,
        ErratumView,
        Shelf,
        Issue,
        Withheld,
        Entry,
        Heading,
        Found,
    )
    fields = {field.name for view in shown for field in dataclasses.fields(view)}
    standard = standard_templates()[-1]
    files = {str(path.relative_to(standard)) for path in standard.rglob("*.*") if path.is_file()}
    filters = {"wrap", "address", "enumerated", "day", "slug", "shorten", "instant"}
    assert fields | filters | {"full_title", "link", "page", "links"} | (files - {".keep"}) <= named
