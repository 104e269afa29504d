"""What of a document is new, changed or seen again, against a memory that behaves like the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.feeds.merge import MAX_CHANGES, keys_everywhere, merge
from veille.model.changes import Changes, Known, KnownSighting
from veille.model.fetched import Entry, Parsed
from veille.model.identifier import Identifier, Scheme
from veille.model.source import Source, Validators
from veille.model.states import Identity, ItemState, SourceState

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Memory:
    """What the store would know: items by number, this source's sightings, addresses."""

    sightings: dict[str, KnownSighting] = field(default_factory=dict)
    urls: dict[str, int] = field(default_factory=dict)
    items: int = 0

    def known(self, keys: Sequence[str]) -> Known:
        return Known(
            sightings=dict(self.sightings),
            items={key: self.urls[key] for key in keys if key in self.urls},
        )

    def obey(self, changes: Changes) -> None:
        for new in changes.new:
            self.items += 1
            assert new.sighting.key not in self.sightings
            self.sightings[new.sighting.key] = KnownSighting(
                item=self.items, hash=new.sighting.hash, changes=0, primary=True
            )
            if new.draft.key is not None:
                assert new.draft.key not in self.urls
                self.urls[new.draft.key] = self.items
            self.urls |= {work.key: self.items for work in new.draft.identifiers}
        for seen in changes.seen:
            assert seen.sighting.key not in self.sightings
            self.sightings[seen.sighting.key] = KnownSighting(
                item=seen.item, hash=seen.sighting.hash, changes=0, primary=False
            )
        for changed in changes.changed:
            before = self.sightings[changed.sighting.key]
            self.sightings[changed.sighting.key] = before._replace(
                hash=changed.sighting.hash, changes=before.changes + 1
            )


class Reader:
    """Visits one source again and again."""

    def __init__(self, memory: Memory | None = None, **source: Any) -> None:
        self.memory = memory or Memory()
        self.source = Source(
            id=1, url="https://musee.example/feed", key="musee.example/feed", title=None, titled=False,
            site="https://musee.example/", categories=(), tags=(), state=SourceState.ACTIVE,
            identity=Identity.GUID, added=NOW, validators=Validators(), body_hash=None, last_fetch=None,
            last_success=None, next_fetch=None, errors=0, last_error=None,
        )  # fmt: skip
        self.source = replace(self.source, **source)

    def visit(
        self, *entries: Entry, first_fetch: int = 50, now: datetime = NOW, **parsed: Any
    ) -> Changes:
        document = replace(Parsed(title=None, site=None, language=None, entries=entries), **parsed)
        known = self.memory.known(keys_everywhere(self.source, document))
        changes = merge(self.source, document, known, now=now, first_fetch=first_fetch)
        self.memory.obey(changes)
        self.source = replace(self.source, identity=changes.identity, last_success=now)
        return changes


def entry(number: int = 1, **changes: Any) -> Entry:
    plain = Entry(
        guid=f"g{number}", link=f"https://musee.example/{number}", title=f"Titre {number}",
        published=datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=number),
        content=f"<p>Texte {number}</p>", text=f"Texte {number}",
    )  # fmt: skip
    return replace(plain, **changes)


def counts(changes: Changes) -> tuple[int, int, int]:
    return len(changes.new), len(changes.seen), len(changes.changed)


def test_a_second_look_changes_nothing() -> None:
    reader = Reader()
    assert counts(reader.visit(entry(1), entry(2))) == (2, 0, 0)
    assert counts(reader.visit(entry(1), entry(2))) == (0, 0, 0)


def test_a_new_entry_is_new_and_one_that_left_is_nothing() -> None:
    """F13."""
    reader = Reader()
    reader.visit(entry(1))
    assert counts(reader.visit(entry(2))) == (1, 0, 0)
    assert counts(reader.visit()) == (0, 0, 0)


@pytest.mark.parametrize(
    "edit",
    [{"title": "Autre"}, {"content": "<p>Autre</p>"}, {"link": "https://musee.example/autre"}],
)
def test_a_change_of_title_link_or_content_is_a_change(edit: dict[str, Any]) -> None:
    """F12."""
    reader = Reader()
    reader.visit(entry(1))
    changes = reader.visit(entry(1, **edit))
    assert counts(changes) == (0, 0, 1)
    assert changes.changed[0].draft is not None
    assert changes.changed[0].item == 1


@pytest.mark.parametrize(
    "edit",
    [
        {"published": NOW},
        {"updated": NOW},
        {"authors": ("X",)},
        {"link": "https://musee.example/1?utm_source=rss"},
    ],
)
def test_dates_and_tracking_are_no_change(edit: dict[str, Any]) -> None:
    reader = Reader()
    reader.visit(entry(1))
    assert counts(reader.visit(entry(1, **edit))) == (0, 0, 0)


def test_an_entry_that_always_changes_is_noise_after_a_while() -> None:
    reader = Reader()
    reader.visit(entry(1))
    seen = [len(reader.visit(entry(1, content=f"<p>{turn}</p>")).changed) for turn in range(30)]
    assert seen == [1] * MAX_CHANGES + [0] * (30 - MAX_CHANGES)


def test_another_source_with_the_same_story_only_sees_it_again() -> None:
    """F11, F21: neither its text nor its later edits touch the item."""
    first = Reader()
    first.visit(entry(1))
    second = Reader(Memory(urls=first.memory.urls, items=first.memory.items), id=2)
    other = entry(1, guid="autre", title="Repris", link="http://www.musee.example/1?utm_medium=x")
    changes = second.visit(other)
    assert counts(changes) == (0, 1, 0)
    assert changes.seen[0].item == 1
    edited = second.visit(replace(other, title="Repris et changé"))
    assert counts(edited) == (0, 0, 1)
    assert edited.changed[0].draft is None


def test_two_sources_may_use_the_same_guid() -> None:
    Reader().visit(entry(1, guid="1"))
    assert counts(Reader(id=2).visit(entry(2, guid="1"))) == (1, 0, 0)


def test_all_guids_change_and_nothing_is_new() -> None:
    """F10."""
    reader = Reader()
    old = [entry(n, guid=f"http://musee.example/{n}") for n in range(100)]
    reader.visit(*old, first_fetch=200)
    new = [replace(one, guid=str(one.guid).replace("http:", "https:")) for one in old]
    assert counts(reader.visit(*new)) == (0, 100, 0)
    assert counts(reader.visit(*new)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("entries", "identity", "items"),
    [
        ([entry(n, guid=None) for n in range(5)], Identity.LINK, 5),
        ([entry(n, guid="") for n in range(5)], Identity.LINK, 5),
        ([entry(n, guid="le même") for n in range(5)], Identity.LINK, 5),
        ([entry(n, guid=None, link=None) for n in range(5)], Identity.LINK_TITLE, 5),
        ([entry(n, guid=None, link="https://musee.example/page") for n in range(5)], Identity.LINK_TITLE, 5),
        ([entry(n, guid="x", link="https://musee.example/") for n in range(5)], Identity.LINK_TITLE, 5),
        ([*(entry(n) for n in range(30)), entry(31, guid="g1")], Identity.GUID, 31),
        ([*(entry(n) for n in range(30)), entry(31, guid=None)], Identity.GUID, 31),
        ([*(entry(n) for n in range(30)), entry(31, guid=None, link=None)], Identity.GUID, 31),
        ([entry(1), entry(1), entry(2)], Identity.GUID, 2),
        ([entry(n, link="https://musee.example/agenda") for n in range(5)], Identity.GUID, 5),
        ([entry(n, link="https://musee.example") for n in range(5)], Identity.GUID, 5),
    ],
)  # fmt: skip
def test_feeds_with_poor_identities_do_not_flip_flop(
    entries: list[Entry], identity: Identity, items: int
) -> None:
    """F9: three fetches, in any order, give each story once."""
    reader = Reader()
    assert counts(reader.visit(*entries)) == (items, 0, 0)
    assert reader.source.identity is identity
    assert counts(reader.visit(*reversed(entries))) == (0, 0, 0)
    assert counts(reader.visit(*entries)) == (0, 0, 0)


def test_what_is_no_identity_across_sources_is_not_used_as_one() -> None:
    """One page for several entries, and the site's own home page, would swallow stories."""
    reader = Reader()
    shared = reader.visit(
        entry(1, link="https://musee.example/agenda#a"),
        entry(2, link="https://musee.example/agenda#b"),
    )
    assert [one.draft.key for one in shared.new] == [None, None]
    assert [one.draft.url for one in shared.new] == [
        "https://musee.example/agenda#a", "https://musee.example/agenda#b",
    ]  # fmt: skip
    home = reader.visit(entry(3, link="http://www.musee.example"))
    assert home.new[0].draft.key is None
    assert home.new[0].draft.url == "http://www.musee.example/"


def test_the_loss_of_trust_is_remembered_and_floods_nothing() -> None:
    reader = Reader()
    good = [entry(n) for n in range(10)]
    reader.visit(*good)
    spoilt = [replace(one, guid=None) if number < 5 else one for number, one in enumerate(good)]
    assert counts(reader.visit(*spoilt)) == (0, 5, 0)
    assert reader.source.identity is Identity.LINK
    assert counts(reader.visit(*spoilt)) == (0, 0, 0)
    reader.visit(*good)
    assert reader.source.identity is Identity.LINK


def test_a_guid_that_starts_to_repeat_keeps_the_story_it_had() -> None:
    reader = Reader()
    many = [entry(n) for n in range(30)]
    reader.visit(*many)
    doubled = [*many, entry(40, guid="g1")]
    assert counts(reader.visit(*doubled)) == (1, 0, 0)
    assert counts(reader.visit(*doubled)) == (0, 0, 0)
    assert counts(reader.visit(*many)) == (0, 0, 0)


@pytest.mark.parametrize(("limit", "inbox"), [(2, {4, 3}), (0, set()), (50, {0, 1, 2, 3, 4})])
def test_of_a_first_fetch_only_the_newest_reach_the_inbox(limit: int, inbox: set[int]) -> None:
    """F14."""
    changes = Reader().visit(*(entry(n) for n in (3, 0, 4, 1, 2)), first_fetch=limit)
    found = {one.sighting.guid for one in changes.new if one.draft.state is ItemState.INBOX}
    assert found == {f"g{n}" for n in inbox}
    assert len(changes.new) == 5


def test_later_everything_new_reaches_the_inbox() -> None:
    reader = Reader()
    reader.visit()
    changes = reader.visit(*(entry(n) for n in range(5)), first_fetch=2)
    assert {one.draft.state for one in changes.new} == {ItemState.INBOX}


@pytest.mark.parametrize(
    ("published", "updated", "order"),
    [
        (NOW - timedelta(days=3), None, NOW - timedelta(days=3)),
        (NOW + timedelta(hours=23), None, NOW + timedelta(hours=23)),
        (NOW + timedelta(days=700), None, NOW),
        (None, NOW - timedelta(days=1), NOW - timedelta(days=1)),
        (None, None, NOW),
    ],
)
def test_a_future_date_is_kept_and_never_leads(
    published: datetime | None, updated: datetime | None, order: datetime
) -> None:
    """F16."""
    (new,) = Reader().visit(entry(1, published=published, updated=updated)).new
    assert new.draft.published == published
    assert new.draft.order == order


def test_a_draft_holds_what_the_item_will_show() -> None:
    link = "https://u:secret@musee.example/a?ref=musee.example&utm_source=x"
    text = "Les nouvelles salles du musée sont ouvertes à tous, dès aujourd’hui."
    changes = Reader().visit(
        entry(1, link=link, text=text, summary="Les nouvelles salles", authors=("A",))
    )
    draft = changes.new[0].draft
    assert (draft.url, draft.key, draft.raw_url) == (
        "https://musee.example/a",
        "musee.example/a",
        link,
    )
    assert (draft.language, draft.words) == ("fr", 11)
    assert (draft.summary, draft.text, draft.authors) == ("Les nouvelles salles", text, ("A",))


@pytest.mark.parametrize(
    ("entry_says", "feed_says", "language"),
    [("de", "fr", "de"), (None, "fr", "fr"), (None, None, None)],
)
def test_the_nearest_word_on_the_language_counts(
    entry_says: str | None, feed_says: str | None, language: str | None
) -> None:
    changes = Reader().visit(entry(1, language=entry_says), language=feed_says)
    assert changes.new[0].draft.language == language


ENTRIES = st.builds(
    Entry,
    guid=st.sampled_from([None, "", "a", "b", "c", "https://musee.example/1"]),
    link=st.sampled_from([None, *(f"https://musee.example/{n}" for n in ("", "1", "2", "1#x", "1?utm_source=a"))]),
    title=st.sampled_from(["Un", "Deux"]),
    content=st.sampled_from(["", "x", "y"]),
    published=st.sampled_from([None, NOW - timedelta(days=1), NOW]),
)  # fmt: skip


def test_repeated_entries_are_told_apart_whatever_their_order() -> None:
    """F9: of entries that repeat each other the youngest date decides, not the last place."""
    early, late = NOW - timedelta(days=2), NOW - timedelta(days=1)
    nameless = entry(guid=None, link=None, title="Un", content="")
    named = entry(guid="b", link=None, title="Un", content="x")
    reader = Reader()
    document = [
        replace(nameless, published=early),
        replace(named, published=None),
        replace(named, published=late),
    ]
    reader.visit(*document)
    assert counts(reader.visit(*reversed(document))) == (0, 0, 0)


@given(st.lists(st.lists(ENTRIES, max_size=7), min_size=1, max_size=4), st.randoms())
def test_merging_twice_is_merging_once(documents: list[list[Entry]], random: Any) -> None:
    """F9, as a property: whatever came before, a document read again changes nothing."""
    reader = Reader()
    for entries in documents:
        reader.visit(*entries)
        random.shuffle(entries)
        again = reader.visit(*entries)
        assert counts(again) == (0, 0, 0)


DOI = Identifier(Scheme.DOI, "10.4000/crcv.1")
ISBN = Identifier(Scheme.ISBN, "9782070368228")


def test_two_sources_meet_by_the_work_whatever_the_addresses() -> None:
    """A DOI names the article at its publisher's, in an archive and at its resolver."""
    first = Reader()
    first.visit(entry(1, identifiers=(DOI,)))
    second = Reader(Memory(urls=first.memory.urls, items=first.memory.items), id=2)
    archive = entry(7, link="https://hal.example/hal-01234567", identifiers=(DOI, ISBN))
    changes = second.visit(archive)
    assert counts(changes) == (0, 1, 0)
    assert (changes.seen[0].item, changes.seen[0].identifiers) == (1, (DOI, ISBN))
    resolver = entry(8, guid="x", link="https://doi.org/10.4000/CRCV.1")
    assert counts(Reader(first.memory, id=3).visit(resolver)) == (0, 1, 0)


def test_the_work_comes_before_the_address() -> None:
    """Two items are known: the one that the identifier names is the one that is met."""
    reader = Reader(Memory(urls={"musee.example/1": 4, DOI.key: 9}, items=9))
    (seen,) = reader.visit(entry(1, identifiers=(DOI,))).seen
    assert seen.item == 9


def test_an_identifier_that_several_entries_claim_names_none_of_them() -> None:
    """Such as the DOI of the issue, or of a book with a review of each chapter."""
    reader = Reader()
    new = reader.visit(entry(1, identifiers=(DOI,)), entry(2, identifiers=(DOI, ISBN))).new
    assert [one.draft.identifiers for one in new] == [(), (ISBN,)]


def test_of_two_entries_that_share_a_key_the_same_is_meant_in_any_order() -> None:
    """F9: one has a guid by which it is known, the other none; all else is equal."""
    nothing = entry(0, guid=None, link=None, title="Un", content="")
    reader = Reader()
    reader.visit(*[replace(nothing, guid="")] * 2, replace(nothing, guid="a"))
    known, other = entry(1, guid="a"), entry(1, guid=None)
    reader.visit(*[nothing] * 5, known, other)
    assert counts(reader.visit(*[nothing] * 5, other, known)) == (0, 0, 0)
