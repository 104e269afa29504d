"""What lint finds: each rule with a content that breaks it, and a content that breaks none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from veille.digest.lint import RULES, Visit, addresses, lint
from veille.model.edition import Rendered, Severity
from veille.model.item import Sameness, Shown

LONG = "Un mot de trop et encore un autre. " * 40


def first(content, **changes):
    """``content`` with its first pick changed."""
    return replace(content, picks=(replace(content.picks[0], **changes), *content.picks[1:]))


def findings(content, rendered=None, published=None, links=5, **known):
    return lint(content, rendered, published=published or {}, links=links, **known)


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
    ("blurb-too-short", Severity.WARNING, {"blurb": "Très bien."}),
    ("headline-shouts", Severity.WARNING, {"headline": "À lire absolument !!"}),
    ("french-typography", Severity.WARNING, {"blurb": 'Un "bel exemple de médiation.'}),
    ("french-typography", Severity.WARNING, {"blurb": "Au coeur de la médiation."}),
    ("french-typography", Severity.WARNING, {"blurb": "Trois Chefs-d'oeuvre de médiation."}),
    ("french-typography", Severity.WARNING, {"blurb": "Un bel  exemple de médiation."}),
    ("missing-alt", Severity.WARNING, {"blurb": "Le plan ![](https://x.example/p.png) du lieu."}),
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


def out(ref):
    return Shown(edition=ref, how=Sameness.LINK, item=15)


def test_what_came_out_before_is_named(content):
    found = findings(
        content,
        published={15: [out("cinq-liens/1"), out("cinq-liens/3")], 12: [out("cinq-liens/3")]},
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
        ("html-large", Severity.WARNING, {"html": "é" * 45_000}),
        ("html-size", Severity.ERROR, {"html": "é" * 55_000}),
        ("intro-too-long", Severity.WARNING, {"text": "\n" * 25 + "1. Titre"}),
        ("subject-shouts", Severity.WARNING, {"subject": "GRATUIT POUR VOUS"}),
        ("subject-shouts", Severity.WARNING, {"subject": "Cinq liens n° 3 !!"}),
        ("remote-resource", Severity.ERROR, {"html": '<img alt="" src="https://p.example/1.gif">'}),
        (
            "remote-resource",
            Severity.ERROR,
            {"html": "<td style=\"background: url('//p.example')\">"},
        ),
        ("image-without-alt", Severity.ERROR, {"html": '<img src="cid:logo">'}),
        ("unset-french", Severity.WARNING, {"text": "1. Titre !"}),
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


def test_what_came_out_in_another_digest_is_a_warning(content):
    found = findings(content, published={15: [out("autre/7")]})
    assert [(f.rule, f.severity, f.position) for f in found] == [
        ("published-elsewhere", Severity.WARNING, 2)
    ]


def test_a_story_that_came_out_by_another_link_is_a_warning(content):
    """The item that was in the edition is named."""
    told = Shown(edition="cinq-liens/1", how=Sameness.STORY, item=99)
    found = findings(content, published={15: [told]})
    assert [(f.rule, f.severity, f.position) for f in found] == [
        ("story-published", Severity.WARNING, 2)
    ]
    assert "came out in cinq-liens/1 (item 99)" in found[0].message


def test_a_balance_of_sources_and_languages(content):
    """Most links from one source, or in another language than the digest's."""
    heavy = replace(
        content,
        picks=tuple(replace(p, source="Carnet") for p in content.picks[:4]) + content.picks[4:],
    )
    assert [f.rule for f in findings(heavy)] == ["source-heavy"]
    foreign = replace(
        content,
        picks=tuple(replace(p, language="en") for p in content.picks[:4]) + content.picks[4:],
    )
    assert [f.rule for f in findings(foreign)] == ["mostly-foreign"]


@pytest.mark.parametrize(
    ("blurb", "summary", "echoes"),
    [
        ("Le musée numérise ses plaques.", "Le Musée numérise ses plaques.", True),
        ("Le musée **numérise** ses plaques.", "le musee numerise ses plaques.", True),
        (
            "Douze mille plaques de verre sortent des réserves.",
            "À lire : douze mille plaques de verre sortent des réserves. Suite.",
            True,
        ),
        ("Le musée numérise ses plaques, et dit comment.", "Le musée numérise ses plaques.", False),
        ("Le musée numérise ses plaques.", "", False),
    ],
)
def test_a_comment_that_only_repeats_the_summary_is_noticed(content, blurb, summary, echoes):
    """Readers come for the point of view, not for the feed's own words."""
    found = findings(first(content, blurb=blurb), summaries={content.picks[0].item: summary})
    assert [f.rule for f in found] == (["blurb-is-summary"] if echoes else [])


def test_code_and_addresses_are_no_prose(content):
    """Straight quotes and dots in code or an address are left alone; English is not judged."""
    blurb = 'La commande `echo "a` et [le guide](https://x.example/"oeuvre) suffisent: 24" "là"...'
    assert findings(first(content, blurb=blurb)) == []
    english = replace(content, locale="en")
    rules = {f.rule for f in findings(first(english, blurb='A "quoted word, Oeuvre'))}
    assert "french-typography" not in rules


def test_an_edition_without_links_has_no_first_link_that_comes_late(content, renderer):
    """One thing is wrong with it, and told once."""
    empty = replace(content, picks=(), intro="Bonjour.\n\n" * 20)
    assert [f.rule for f in findings(empty, renderer.edition(empty))] == ["empty-edition"]


def test_a_house_judges_otherwise(content):
    """A warning made an error comes first; a rule left out is silent."""
    faulty = first(content, blurb="", language=None)
    severities = {"no-blurb": None, "language-mark": Severity.ERROR}
    found = findings(faulty, severities=severities)
    assert [(f.rule, f.severity) for f in found] == [("language-mark", Severity.ERROR)]


URL = "https://x.example/article"
VISITS = [
    (None, Visit(landed=URL)),
    (None, Visit(landed="https://www.x.example/article/", permanent=True)),
    ("dead-link", Visit(landed=None, status=404, problem="Not Found")),
    ("dead-link", Visit(landed=None, status=410, problem="Gone")),
    ("dead-link", Visit(landed=None, gone=True, problem="the name is not known")),
    ("unchecked-link", Visit(landed=None, status=403, problem="Forbidden")),
    ("unchecked-link", Visit(landed=None, problem="did not answer in time")),
    ("redirected-link", Visit(landed="https://x.example/")),
    ("redirected-link", Visit(landed="https://x.example/new", permanent=True)),
    ("redirected-link", Visit(landed="https://other.example/article")),
]


@pytest.mark.parametrize(("rule", "visit"), VISITS)
def test_where_a_link_leads_today(content, rule, visit):
    """E49: dead, moved, or not to be known; once a link, with its place."""
    one = first(content, url=URL)
    there = {url: Visit(landed=url) for url in addresses(one)}
    found = findings(one, visited=there | {URL: visit})
    assert [(f.rule, f.position) for f in found] == ([(rule, 1)] if rule else [])


def test_links_of_comments_are_followed_too(content):
    one = first(content, blurb=f"Un bel exemple, et [son plan]({URL}).")
    assert URL in addresses(one)
    visited = {url: Visit(landed=url) for url in addresses(one)} | {
        URL: Visit(landed=None, status=404)
    }
    assert [(f.rule, f.position) for f in findings(one, visited=visited)] == [("dead-link", 1)]


def test_a_machine_without_network_blames_no_link(content):
    """All of them gone at once is our own fault: one warning."""
    visited = {url: Visit(landed=None, gone=True) for url in addresses(content)}
    found = findings(content, visited=visited)
    assert [(f.rule, f.severity, f.position) for f in found] == [
        ("unchecked-link", Severity.WARNING, None)
    ]


def test_every_rule_of_the_catalogue_is_proven_here():
    """The page of all rules lists none that nothing breaks."""
    told = Path(__file__).read_text(encoding="utf-8")
    assert [rule for rule in RULES if f'"{rule}"' not in told] == []
