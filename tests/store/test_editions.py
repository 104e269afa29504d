"""Digests and their editions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from veille.errors import NotFound, Refused
from veille.model.edition import (
    Approval,
    Digest,
    Edition,
    EditionContent,
    Pick,
    PickDraft,
    PublishedEdition,
)
from veille.model.item import Marks, Sameness, Shown
from veille.model.query import EVERYTHING, Field, Match
from veille.model.states import EditionState, Every, ItemState
from veille.store import editions, items, shown

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
YES = Approval(by="zoé", at=NOW, sha256="abc")


def create_digest(pool: Any, slug: str = "five-links") -> Digest:
    with pool.db.write() as conn:
        return editions.create_digest(
            conn, slug=slug, title="Cinq liens", links=5, every=Every.MONTH, locale="fr",
            query="tag:musée", at=NOW,
        )  # fmt: skip


@pytest.fixture
def digest(pool: Any) -> Digest:
    return create_digest(pool)


def create(pool: Any, digest: Digest, period: str = "2026-11") -> Edition:
    with pool.db.write() as conn:
        return editions.create(conn, digest, period, at=NOW)


def call(pool: Any, verb: str, edition: Edition, *args: Any, **options: Any) -> Edition:
    with pool.db.write() as conn:
        getattr(editions, verb)(conn, edition.id, *args, **options)
    with pool.db.read() as conn:
        found = editions.get(conn, edition.digest.slug, edition.number)
    assert found is not None
    return found


def content(edition: Edition, *items: int) -> EditionContent:
    return EditionContent(
        digest=edition.digest.slug,
        digest_title=edition.digest.title,
        number=edition.number,
        period=edition.period,
        locale="fr",
        title="Novembre",
        intro=None,
        picks=tuple(
            Pick(
                position=position,
                item=item,
                url="https://a.example/",
                headline="À la une",
                blurb="**Oui**\u00a0!",
                source="BnF",
                tags=("x",),
                language=None,
                chosen_by=("zoé",),
            )
            for position, item in enumerate(items, 1)
        ),
    )


def publish(pool: Any, edition: Edition, *items: int) -> Edition:
    call(pool, "set_picks", edition, [PickDraft(item=item) for item in items])
    return call(pool, "publish", edition, at=NOW, content=content(edition, *items))


class TestDigests:
    def test_a_digest_comes_back(self, pool: Any, digest: Digest) -> None:
        with pool.db.read() as conn:
            assert editions.digest(conn, "five-links") == digest
            assert editions.digest(conn, "other") is None
            assert editions.digests(conn) == [digest]
        assert (digest.links, digest.every, digest.query) == (5, Every.MONTH, "tag:musée")

    def test_a_slug_is_taken_once(self, pool: Any, digest: Digest) -> None:
        with pytest.raises(Refused, match="five-links"):
            create_digest(pool)

    def test_only_what_is_given_changes(self, pool: Any, digest: Digest) -> None:
        with pool.db.write() as conn:
            after = editions.edit_digest(conn, digest.id, links=7, query=None)
            assert (after.links, after.query, after.title) == (7, None, "Cinq liens")
            assert editions.edit_digest(conn, digest.id) == after
            with pytest.raises(NotFound):
                editions.edit_digest(conn, 999, title="x")


class TestEditions:
    def test_numbers_follow_each_other_in_each_digest(self, pool: Any, digest: Digest) -> None:
        other = create_digest(pool, "other")
        assert [create(pool, digest, f"2026-{month}").number for month in (10, 11, 12)] == [1, 2, 3]
        assert create(pool, other, "2026-10").number == 1
        with pool.db.read() as conn:
            assert [one.ref for one in editions.of_digest(conn, digest.id)] == [
                "five-links/1",
                "five-links/2",
                "five-links/3",
            ]

    def test_a_period_has_one_edition(self, pool: Any, digest: Digest) -> None:
        """T2, U4."""
        create(pool, digest)
        with pytest.raises(Refused, match="five-links/1 is the edition of 2026-11"):
            create(pool, digest)

    def test_a_new_edition_is_an_empty_draft(self, pool: Any, digest: Digest) -> None:
        edition = create(pool, digest)
        assert edition.digest == digest
        assert edition.state is EditionState.DRAFT
        assert edition.title is edition.content is edition.approved_by is None
        with pool.db.read() as conn:
            assert editions.picks(conn, edition.id) == []
            assert editions.get(conn, "five-links", 2) is None

    def test_picks_are_kept_in_order(self, pool: Any, digest: Digest) -> None:
        one, two, three = pool.items(3)
        edition = create(pool, digest)
        first = [PickDraft(item=two, headline="Titre"), PickDraft(item=one, blurb="…")]
        second = [PickDraft(item=three), *reversed(first)]
        for picks in (first, second, []):
            call(pool, "set_picks", edition, picks)
            with pool.db.read() as conn:
                assert editions.picks(conn, edition.id) == picks

    def test_title_and_introduction(self, pool: Any, digest: Digest) -> None:
        edition = create(pool, digest)
        edition = call(pool, "edit", edition, title="Titre", intro="Bonjour")
        assert (edition.title, edition.intro) == ("Titre", "Bonjour")
        edition = call(pool, "edit", edition, title=None)
        assert (edition.title, edition.intro) == (None, "Bonjour")

    def test_an_approval_is_bound_and_lapses(self, pool: Any, digest: Digest) -> None:
        """M17, U5."""
        edition = create(pool, digest)
        edition = call(pool, "approve", edition, YES, complete=True)
        assert edition.state is EditionState.APPROVED
        assert (edition.approved_by, edition.approved_at, edition.approved_hash) == (
            "zoé",
            NOW,
            "abc",
        )
        assert edition.approvals == (YES,)
        edition = call(pool, "lapse", edition)
        assert edition.state is EditionState.DRAFT
        assert edition.approvals == ()
        assert edition.approved_by is edition.approved_at is edition.approved_hash is None

    def test_a_first_approval_of_two_waits_for_the_second(self, pool: Any, digest: Digest) -> None:
        """Approvals of another text are forgotten; one person is counted once."""
        edition = call(pool, "approve", create(pool, digest), YES, complete=False)
        assert (edition.state, edition.approved_by) == (EditionState.DRAFT, None)
        later = replace(YES, at=NOW + HOUR)
        assert call(pool, "approve", edition, later, complete=False).approvals == (later,)
        other = Approval(by="ana", at=NOW, sha256="def")
        edition = call(pool, "approve", edition, other, complete=True)
        assert (edition.state, edition.approvals) == (EditionState.APPROVED, (other,))

    def test_no_such_edition(self, pool: Any) -> None:
        with pytest.raises(NotFound), pool.db.write() as conn:
            editions.lapse(conn, 7)


class TestPublishing:
    def test_what_readers_saw_never_changes(self, pool: Any, digest: Digest) -> None:
        item = pool.item()
        edition = publish(pool, create(pool, digest), item)
        assert edition.state is EditionState.PUBLISHED
        assert edition.published_at == NOW
        assert edition.content == content(edition, item)
        attempts: list[tuple[str, list[Any], dict[str, Any]]] = [
            ("edit", [], {"title": "x"}),
            ("set_picks", [[]], {}),
            ("approve", [YES], {"complete": True}),
            ("lapse", [], {}),
            ("publish", [], {"at": NOW, "content": content(edition)}),
            ("set_state", [EditionState.DRAFT], {}),
        ]
        for verb, args, options in attempts:
            with pytest.raises(Refused, match="publi"):
                call(pool, verb, edition, *args, **options)
        assert call(pool, "set_state", edition, EditionState.SENT).content == edition.content

    def test_a_draft_is_not_sent(self, pool: Any, digest: Digest) -> None:
        with pytest.raises(Refused, match="published before"):
            call(pool, "set_state", create(pool, digest), EditionState.SENDING)

    def test_all_that_is_published(self, pool: Any, digest: Digest) -> None:
        other = create_digest(pool, "a-digest")
        item = pool.item()
        first = create(pool, digest, "2026-10")
        second = publish(pool, create(pool, digest, "2026-11"), item)
        third = publish(pool, create(pool, other), item)
        create(pool, other, "2026-12")
        expected = [
            PublishedEdition(content=content(third, item), published_at=NOW),
            PublishedEdition(content=content(second, item), published_at=NOW),
        ]
        with pool.db.read() as conn:
            assert editions.published(conn) == expected
            assert editions.published(conn, "five-links") == expected[1:]
            assert editions.published(conn, "nothing") == []
            assert shown.shown(conn, [item, 999]) == {
                item: (
                    Shown(edition="a-digest/1", how=Sameness.LINK, item=item),
                    Shown(edition="five-links/2", how=Sameness.LINK, item=item),
                )
            }
            stored = items.get(conn, item)
        assert stored is not None
        assert stored.editions == ("a-digest/1", "five-links/2")
        assert first.ref not in stored.editions


class TestCandidates:
    def candidates(
        self, pool: Any, digest: Digest, query: Any = EVERYTHING, limit: Any = None
    ) -> Any:
        with pool.db.read() as conn:
            return editions.candidates(conn, digest, query, now=NOW, limit=limit)

    def test_kept_items_the_latest_endorsed_first(self, pool: Any, digest: Digest) -> None:
        early, late, skipped, _ = pool.items(4)
        pool.keep(late, at=NOW + HOUR)
        pool.keep(early, at=NOW)
        pool.mark(skipped, Marks(state=ItemState.SKIPPED))
        assert self.candidates(pool, digest) == [late, early]
        assert self.candidates(pool, digest, limit=1) == [late]
        pool.tag(early, "x")
        assert self.candidates(pool, digest, Match(Field.TAG, "x")) == [early]

    def test_nothing_twice_in_one_digest(self, pool: Any, digest: Digest) -> None:
        """Neither what is published, nor what another open edition holds; other digests may."""
        other = create_digest(pool, "other")
        published, drafted, free = pool.items(3)
        for item in (published, drafted, free):
            pool.keep(item)
        publish(pool, create(pool, digest, "2026-10"), published)
        call(pool, "set_picks", create(pool, digest), [PickDraft(item=drafted)])
        assert self.candidates(pool, digest) == [free]
        assert self.candidates(pool, other) == [free, drafted, published]
