"""From picks and items to content."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from veille.digest.content import assemble
from veille.model.edition import Digest, Edition, PickDraft
from veille.model.item import Comment, Item, SeenIn
from veille.model.states import EditionState, Every, ItemState

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
DIGEST = Digest(
    id=1, slug="cinq-liens", title="Cinq liens", links=5, every=Every.MONTH, locale="fr", query=None,
    created=NOW,
)  # fmt: skip


@pytest.fixture
def edition() -> Edition:
    return Edition(
        id=7, digest=DIGEST, number=3, period="2026-11", title=None, intro="", state=EditionState.DRAFT,
        created=NOW, approved_by=None, approved_at=None, approved_hash=None, published_at=None, content=None,
    )  # fmt: skip


def item(number: int, **changes: object) -> Item:
    comments = tuple(
        Comment(id=place, by="camille", at=NOW, text=text, blurb=blurb)
        for place, (text, blurb) in enumerate(
            [("ancien", True), ("pour lecteurs", True), ("entre nous", False)]
        )
    )
    plain = Item(
        id=number, url=f"https://a.example/{number}", title=f"Titre {number}", authors=("A. B.",), published=NOW,
        updated=None, collected=NOW, sources=(SeenIn(id=1, title="Carnet", url="https://a.example/f", guid=None),),
        language="fr", words=10, state=ItemState.KEPT, kept_by=("camille",), tags=("ia",), comments=comments,
        summary="",
    )  # fmt: skip
    return replace(plain, **changes)


def test_the_item_speaks_unless_the_editor_does(edition):
    drafts = [PickDraft(item=2), PickDraft(item=1, headline="Autre titre", blurb="Autre texte")]
    content = assemble(edition, drafts, {1: item(1), 2: item(2)}, {})
    first, second = content.picks
    assert (first.position, first.item, first.headline, first.blurb) == (
        1,
        2,
        "Titre 2",
        "pour lecteurs",
    )
    assert (second.position, second.headline, second.blurb) == (2, "Autre titre", "Autre texte")
    assert (first.source, first.tags, first.authors, first.chosen_by) == (
        "Carnet", ("ia",), ("A. B.",), ("camille",)
    )  # fmt: skip
    assert (content.title, content.intro, content.ref) == ("Cinq liens", None, "cinq-liens/3")


def test_an_internal_comment_never_becomes_public(edition):
    """A17, O13: only a blurb is for readers."""
    silent = item(1, comments=item(1).comments[2:])
    assert assemble(edition, [PickDraft(item=1)], {1: silent}, {}).picks[0].blurb == ""


def test_a_removed_item_closes_the_ranks(edition):
    content = assemble(edition, [PickDraft(item=9), PickDraft(item=1)], {1: item(1)}, {})
    assert [(pick.position, pick.item) for pick in content.picks] == [(1, 1)]


@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "file:///etc/passwd", "http://[broken"]
)
def test_an_address_nobody_may_follow_is_left_out(edition, url):
    """F15, A1: schemes are checked again."""
    assert (
        assemble(edition, [PickDraft(item=1)], {1: item(1, url=url, sources=())}, {}).picks[0].url
        == ""
    )


def test_what_was_published_stays_as_it_was(edition):
    """F12: content frozen at publication wins over everything."""
    frozen = assemble(replace(edition, title="Alors"), [PickDraft(item=1)], {1: item(1)}, {})
    published = replace(edition, content=frozen, title="Après")
    assert assemble(published, [], {}, {}) is frozen


@pytest.mark.parametrize(
    ("headline", "translated"),
    [
        (None, False),
        ("A rescue kit for data sets", False),
        ("“Orphaned data sets”: a rescue kit", False),
        ("Une trousse de secours pour jeux de données orphelins", True),
        ("Le kit « rescue » des jeux de données", True),
        ("—", False),
    ],
)
def test_a_translated_headline_is_told_from_a_shortened_one(edition, headline, translated):
    """The page stays in its language."""
    foreign = item(1, title="A rescue kit for orphaned data sets", language="en")
    (pick,) = assemble(edition, [PickDraft(item=1, headline=headline)], {1: foreign}, {}).picks
    assert (pick.translated, pick.language) == (translated, "en")
