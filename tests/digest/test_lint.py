"""What lint finds: each rule with a content that breaks it, and a content that breaks none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from veille.digest.lint import lint
from veille.model.edition import Rendered, Severity

LONG = "Un mot de trop et encore un autre. " * 40


def first(content, **changes):
    """``content`` with its first pick changed."""
    return replace(content, picks=(replace(content.picks[0], **changes), *content.picks[1:]))


def findings(content, rendered=None, published=None, links=5):
    return lint(content, rendered, published=published or {}, links=links)


@pytest.mark.parametrize("name", ["fr", "en"])
def test_a_good_edition_has_no_finding(load, renderer, name):
    content = load(name)
    assert findings(content, renderer.edition(content)) == []


PICK_FAULTS = [
    ("no-blurb", Severity.ERROR, {"blurb": " \n"}),
    ("no-link", Severity.ERROR, {"url": "javascript:x"}),
    ("no-link", Severity.ERROR, {"url": ""}),
    ("no-link", Severity.ERROR, {"url": "http://[broken/?utm_source=n"}),
    ("no-headline", Severity.ERROR, {"headline": " "}),
    ("headline-too-long", Severity.WARNING, {"headline": LONG[:130]}),
    ("headline-in-capitals", Severity.WARNING, {"headline": "ÉCOUTEZ BIEN CECI 2026"}),
    ("blurb-too-long", Severity.WARNING, {"blurb": LONG}),
    ("placeholder", Severity.ERROR, {"blurb": "Texte TK ici."}),
    ("placeholder", Severity.ERROR, {"headline": "TODO titre"}),
    ("placeholder", Severity.ERROR, {"blurb": "Bonjour {{ nom }}"}),
    ("click-here", Severity.WARNING, {"blurb": "Bien, [cliquez ici](https://x.example/)."}),
    ("click-here", Severity.WARNING, {"blurb": "[Lire la suite…](https://x.example/)"}),
    ("bare-url", Severity.WARNING, {"blurb": "Voir https://x.example/ aussi"}),
    ("tracking-parameters", Severity.WARNING, {"url": "https://x.example/?id=1&utm_source=n"}),
    (
        "tracking-parameters",
        Severity.WARNING,
        {"blurb": "[le rapport](https://x.example/?fbclid=1)"},
    ),
    ("shortener", Severity.WARNING, {"url": "https://bit.ly/abc"}),
    ("shortener", Severity.WARNING, {"blurb": "[le rapport](https://www.tinyurl.com/a)"}),
    ("language-mark", Severity.WARNING, {"language": None}),
]


@pytest.mark.parametrize(("rule", "severity", "changes"), PICK_FAULTS)
def test_a_pick_at_fault_is_found_once_with_its_place(content, rule, severity, changes):
    """E48, E49, E11: by its rule's name, its position, and what to do."""
    found = findings(first(content, **changes))
    assert [(f.rule, f.severity, f.position) for f in found] == [(rule, severity, 1)]
    assert found[0].message
    assert found[0].fix


def test_too_few_too_many_and_none(content):
    """M16: an empty edition is an error, the rest is for people to judge."""
    assert [f.rule for f in findings(content, links=6)] == ["too-few-links"]
    assert [f.rule for f in findings(content, links=4)] == ["too-many-links"]
    found = findings(replace(content, picks=()))
    assert [(f.rule, f.severity) for f in found] == [("empty-edition", Severity.ERROR)]


def test_what_came_out_before_is_named(content):
    found = findings(
        content, published={15: ["cinq-liens/1", "cinq-liens/3"], 12: ["cinq-liens/3"]}
    )
    assert [(f.rule, f.severity, f.position) for f in found] == [
        ("already-published", Severity.ERROR, 2)
    ]
    assert "cinq-liens/1" in found[0].message


def test_one_source_and_one_host_are_noticed(content):
    same = replace(content, picks=tuple(replace(pick, source="Carnet") for pick in content.picks))
    assert [f.rule for f in findings(same)] == ["one-source-only"]
    twice = first(content, url="https://www.museum.example/other")
    assert [(f.rule, f.position) for f in findings(twice)] == [("same-host-twice", 2)]


def test_the_same_link_twice_is_an_error(content):
    twice = first(content, url=content.picks[1].url)
    found = findings(twice)
    assert [(f.rule, f.severity, f.position) for f in found] == [
        ("same-link-twice", Severity.ERROR, 2)
    ]
    assert "link 1" in found[0].message


@pytest.mark.parametrize("changes", [{"title": "TODO"}, {"intro": "Bonjour {% nom %}"}])
def test_placeholders_of_the_edition_are_errors(content, changes):
    found = findings(replace(content, **changes))
    assert [(f.rule, f.severity, f.position) for f in found] == [
        ("placeholder", Severity.ERROR, None)
    ]


@pytest.mark.parametrize(
    ("rule", "severity", "changes"),
    [
        ("subject-length", Severity.WARNING, {"subject": "n° 3"}),
        ("subject-length", Severity.WARNING, {"subject": "x" * 79}),
        ("html-size", Severity.WARNING, {"html": "é" * 45_000}),
        ("html-size", Severity.ERROR, {"html": "é" * 55_000}),
        ("intro-too-long", Severity.WARNING, {"text": "\n" * 25 + "1. Titre"}),
    ],
)
def test_the_finished_text_is_measured(content, rule, severity, changes):
    """E11, E35, E36."""
    whole = {"subject": "Cinq liens n° 3", "text": "1. Titre", "html": "", "page": "", "sha256": ""}
    rendered = Rendered(**(whole | changes))
    assert [(f.rule, f.severity) for f in findings(content, rendered)] == [(rule, severity)]


def test_errors_come_first(content):
    """Only errors stop an edition, so they head the list."""
    faulty = first(content, language=None, blurb="")
    assert [f.rule for f in findings(faulty)] == ["no-blurb", "language-mark"]
