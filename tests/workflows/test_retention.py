"""What is old and nobody touched goes for good; everything else stays (D16), on both databases."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from tests.workflows.conftest import NOW, FakeWeb, Here
from veille.curation.tags import TagChanges
from veille.model.edition import PickDraft
from veille.model.event import Actor
from veille.model.rule import RuleDraft
from veille.model.source import SourceDraft
from veille.model.states import Every
from veille.store import addresses, editions, retention, sources
from veille.workflows import curate, health, reading, rules, ruling, stories
from veille.workflows import retention as workflow
from veille.workflows.acting import Act
from veille.workflows.collect import collect
from veille.workflows.found import add_link

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.store.database import Database

DAY = timedelta(days=1)
AGE = 90 * DAY


class Entry(NamedTuple):
    """What a feed shows."""

    name: str
    link: str | None = None
    day: int = 0
    text: str = "Texte."

    def __str__(self) -> str:
        link = f"<link>{self.link}</link>" if self.link else ""
        date = f"{NOW + self.day * DAY:%a, %d %b %Y %H:%M:%S} GMT"
        return (
            f'<item><guid isPermaLink="false">{self.name}</guid>'
            f"{link}<title>Titre {self.name}</title>"
            f"<pubDate>{date}</pubDate><description>{self.text}</description></item>"
        )


def linked(name: str) -> Entry:
    return Entry(name, f"https://pages.example/{name}")


class Watch:
    """A workspace whose sources show what they are told to show, at an instant that moves on.

    Each source has its ten newest items from the first visit on: they stay for its rhythm's sake.
    """

    def __init__(self, db: Database) -> None:
        self.db, self.web, self.here = db, FakeWeb(), Here()
        self.now = NOW

    @property
    def act(self) -> Act:
        return Act(actor=Actor(handle="camille", login="camille"), now=self.now)

    def show(self, url: str, *entries: Entry) -> Any:
        host = url.split("/")[2]
        newest = [
            Entry(f"{host}-{number}", f"https://{host}/{number}", 1)
            for number in range(retention.STAYING)
        ]
        body = "".join(map(str, [*newest, *entries]))
        feed = f'<rss version="2.0"><channel><title>{host}</title>{body}</channel></rss>'
        self.web.on(url, feed, content_type="application/rss+xml")
        with self.db.write() as connection:
            source = sources.by_key(connection, url.removeprefix("https://"))
            if source is None:
                draft = SourceDraft(url=url, key=url.removeprefix("https://"))
                source = sources.add(connection, draft, at=self.now)
        return collect(
            self.db, self.web, self.here, act=Act(actor=None, now=self.now), chosen=[source],
            force=True, first_fetch=100,
        )  # fmt: skip

    def move(self, url: str, to: str) -> bool:
        """A source moves for good to where another lives (H11); whether both were there."""
        with self.db.write() as connection:
            here, there = (
                sources.by_key(connection, one.removeprefix("https://")) for one in (url, to)
            )
            if here is None or there is None:
                return False
            addresses.adopt(connection, here, url=there.url, key=there.key, at=self.now)
            return True

    def purge(self) -> workflow.Leaving:
        return workflow.purge(
            self.db, age=AGE, act=Act(actor=None, now=self.now), rest=lambda: None
        )

    def named(self) -> dict[str, int]:
        """The items by the names of their entries, without the newest ones of each source."""
        with self.db.read() as connection:
            rows = connection.execute(text("SELECT id, title FROM item ORDER BY id")).all()
        return {title.removeprefix("Titre "): key for key, title in rows if "-" not in title}


@pytest.fixture
def watch(db: Database) -> Watch:
    return Watch(db)


FEED = "https://fil.example/feed"
OTHER = "https://autre.example/feed"


def test_nothing_goes_before_its_time_and_then_it_never_comes_back(watch: Watch) -> None:
    entries = [linked("a"), linked("b"), Entry("c")]
    watch.show(FEED, *entries)
    watch.now += AGE
    assert watch.purge().items == 0
    watch.now += DAY
    found = workflow.look(watch.db, age=AGE, now=watch.now)
    assert (found.items, found.sources) == (3, ((1, "fil.example", 3),))
    assert watch.purge() == found
    assert watch.named() == {}
    for _ in range(3):
        assert watch.show(FEED, *entries).new == 0
        assert (
            watch.show(
                OTHER, linked("a"), Entry("d", "http://www.pages.example/b?utm_source=x")
            ).new
            == 10
        )
        watch.web.answers.clear()
        with watch.db.write() as connection:
            sources.remove(connection, max(one.id for one in sources.everything(connection)))
    assert watch.show(FEED, *entries, linked("e")).new == 1, "what is new still comes"


def test_what_went_stays_away_when_its_source_joins_another(watch: Watch) -> None:
    """H11: without an address an entry is only known by its key in a source that is another one now."""
    watch.show(FEED, Entry("a"))
    watch.show(OTHER)
    watch.now += AGE + DAY
    watch.show(FEED, Entry("b"))
    watch.purge()
    assert watch.named().keys() == {"b"}
    assert watch.move(FEED, OTHER)
    assert watch.show(OTHER, Entry("a")).new == 0
    watch.now += AGE + DAY
    watch.purge()
    assert watch.named() == {}
    assert watch.show(OTHER, Entry("a"), Entry("b"), Entry("c")).new == 1
    watch.show(FEED, Entry("a"), Entry("b"))
    assert watch.named().keys() == {"c"}, "nor when the old address is subscribed to again"


def test_what_a_source_goes_on_showing_is_not_read_again_and_again(watch: Watch) -> None:
    """The memory of a feed knows entries that were removed: its next document is believed."""
    watch.show(FEED, linked("a"))
    watch.now += AGE + DAY
    watch.purge()
    for name in "bc":
        report = watch.show(FEED, linked("a"), linked(name))
        assert (report.new, report.skipped, report.fetched) == (1, 0, 1)


def choose(watch: Watch, item: int) -> None:
    with watch.db.write() as connection:
        digest = editions.create_digest(
            connection, slug="d", title="D", links=5, every=Every.MONTH, locale="fr", query=None,
            at=watch.now,
        )  # fmt: skip
        edition = editions.create(connection, digest, "2026-11", at=watch.now)
        editions.set_picks(connection, edition.id, [PickDraft(item=item)])


def keep_for_review(watch: Watch, item: int) -> None:
    draft = RuleDraft(name="r", query="titre", review=True)
    rules.add(watch.db, draft, zone=ZoneInfo("UTC"), act=watch.act)
    with watch.db.write() as connection:
        machine = Act(actor=None, now=watch.now)
        ruling.apply_new(connection, [item], zone=ZoneInfo("UTC"), act=machine)


def keep_unread(watch: Watch, item: int) -> None:
    """The story was put aside by itself, and somebody wants to read this again."""
    with watch.db.write() as connection:
        connection.execute(text("UPDATE item SET state = 'skipped'"))
    reading.mark(watch.db, [item], reading.Wish(read=False), act=watch.act)


def show_elsewhere(watch: Watch, item: int) -> None:
    watch.now += 60 * DAY
    watch.show(OTHER, linked("a"))


def tell_with_another(watch: Watch, item: int) -> None:
    """A story stays whole: of two items that tell it, somebody kept the other."""
    watch.show(OTHER, linked("z"))
    other = watch.named()["z"]
    stories.join(watch.db, [item, other], act=watch.act)
    with watch.db.write() as connection:  # whatever brought them together: here nobody's hand
        connection.execute(text("DELETE FROM event"))
        connection.execute(text("UPDATE item SET state = 'kept' WHERE id = :id"), {"id": other})


TOUCHES: dict[str, Callable[[Watch, int], Any]] = {
    "kept": lambda watch, item: curate.keep(watch.db, [item], act=watch.act),
    "put aside": lambda watch, item: curate.skip(watch.db, [item], act=watch.act),
    "tagged": lambda watch, item: curate.tag(
        watch.db, [item], TagChanges(add=("x",)), act=watch.act
    ),
    "commented": lambda watch, item: curate.comment(
        watch.db, item, "…", blurb=False, act=watch.act
    ),
    "chosen": choose,
    "kept for review by a rule": keep_for_review,
    "to be read again": keep_unread,
    "seen in another source since": show_elsewhere,
    "of a story that somebody kept": tell_with_another,
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES.keys())
def test_what_is_of_use_to_somebody_stays(watch: Watch, touch: Callable[[Watch, int], Any]) -> None:
    """D16: kept, commented, picked, published, and whatever else a person did to it."""
    watch.show(FEED, linked("a"), linked("b"))
    touch(watch, watch.named()["a"])
    watch.now = NOW + AGE + DAY
    watch.purge()
    assert "a" in watch.named()
    assert "b" not in watch.named()


def test_what_nobody_did_is_no_reason_to_stay(watch: Watch) -> None:
    """Skipped by a rule, read in an app, changed by its source, told with others that are as old."""
    draft = RuleDraft(name="r", query="titre", skip=True)
    rules.add(watch.db, draft, zone=ZoneInfo("UTC"), act=watch.act)
    watch.show(FEED, linked("a"))
    watch.show(OTHER, linked("z"))
    first, other = watch.named().values()
    reading.mark(watch.db, [first], reading.Wish(read=True), act=watch.act)
    with watch.db.write() as connection:
        connection.execute(text(f"UPDATE item SET story = {first} WHERE id IN ({first}, {other})"))
    watch.now += AGE + DAY
    assert watch.purge().items == 2
    with watch.db.read() as connection:
        told = connection.execute(
            text("SELECT action, subject, before FROM event ORDER BY id DESC")
        )
        action, subject, before = told.first()
        orphans = "SELECT count(*) FROM {0} WHERE item_id NOT IN (SELECT id FROM item)"
        for table in ("sighting", "item_text", "rule_hit", "reading", "story_due", "sketch"):
            assert connection.execute(text(orphans.format(table))).scalar() == 0, table
    assert (action, subject) == ("purge", "2 collected before 2026-11-21")
    assert "items" in str(before)


def test_the_newest_of_each_source_stay_for_its_rhythm(watch: Watch) -> None:
    """`veille doctor` still knows since when a source is silent, and the counts are those of the pool."""
    watch.show(FEED, linked("a"))
    watch.now += 1000 * DAY
    assert watch.purge().items == 1
    with watch.db.read() as connection:
        (source,) = sources.everything(connection)
        assert source.items == retention.STAYING
    (told,) = health.of_all(watch.db, now=watch.now)
    assert told.condition is health.Condition.SILENT
    assert told.newest == NOW + DAY


def test_who_asks_for_it_by_hand_gets_it_again(watch: Watch) -> None:
    watch.show(FEED, linked("a"), linked("b"))
    before = watch.named()["a"]
    watch.now += AGE + DAY
    watch.purge()
    link = "https://www.pages.example/a?utm_source=mail"
    found = add_link(watch.db, watch.web, watch.here, link, title="Titre a", act=watch.act)
    assert found.created
    assert found.item > before, "no number is used twice"
    report = watch.show(FEED, linked("a"), linked("b"), linked("c"))
    assert (report.new, report.seen) == (1, 1), "its source shows it again, and what is new"
    assert watch.named().keys() == {"a", "c"}
    watch.now += AGE + DAY
    watch.purge()
    assert watch.named() == {"a": found.item}, "somebody wanted it"


def test_a_death_in_between_leaves_what_is_whole(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each transaction is; the next time goes on. Others write between two of them."""
    monkeypatch.setattr(workflow, "ITEMS_A_TRANSACTION", 4)
    watch.show(FEED, *(linked(f"e{number}") for number in range(9)))
    watch.now += AGE + DAY

    class Killed(BaseException):
        pass

    def die() -> None:
        with watch.db.write() as connection:
            connection.execute(text("UPDATE source SET title = 'entre deux'"))
        raise Killed

    act = Act(actor=None, now=watch.now)
    with pytest.raises(Killed):
        workflow.purge(watch.db, age=AGE, act=act, rest=die)
    left = watch.named()
    assert 0 < len(left) < 9
    with watch.db.read() as connection:
        assert not connection.execute(
            text("SELECT 1 FROM source WHERE items <> (SELECT count(*) FROM sighting)")
        ).all()
    assert watch.purge().items == len(left)


class Years(RuleBasedStateMachine):
    """Sources show what they like, people do what they like, and the old goes now and then.

    ``gone`` are entries that were removed for good, ``touched`` items that somebody touched.
    """

    watch: Watch
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.name = f"x{next(self.numbers)}x"  # all examples share a database
        self.feeds = [f"https://{self.name}{feed}.example/feed" for feed in "ab"]
        own = [Entry(f"{self.name}{feed}", None) for feed in "ab"]  # without an address
        both = [linked(f"{self.name}{number}") for number in range(3)]
        self.entries = [*both, *own]
        self.own = [{3}, {4}]  # which of these each source may show
        self.gone: set[str] = set()
        self.touched: set[int] = set()

    def there(self) -> dict[str, int]:
        named = self.watch.named().items()
        return {name: key for name, key in named if name.startswith(self.name)}

    @rule(feed=st.integers(0, 1), shown=st.sets(st.integers(0, 4)))
    def show(self, feed: int, shown: set[int]) -> None:
        shown &= {0, 1, 2} | self.own[feed]
        entries = [self.entries[number] for number in sorted(shown)]
        self.watch.show(self.feeds[feed], *entries)

    @rule(days=st.sampled_from((10, 60, 100)))
    def wait(self, days: int) -> None:
        self.watch.now += days * DAY

    @rule(verb=st.sampled_from((curate.keep, curate.skip, curate.reset)), choice=st.integers(0, 9))
    def decide(self, verb: Any, choice: int) -> None:
        if there := sorted(self.there().values()):
            item = there[choice % len(there)]
            if verb(self.watch.db, [item], act=self.watch.act).changed:
                self.touched.add(item)

    @rule(number=st.integers(0, 2))
    def add_by_hand(self, number: int) -> None:
        entry = self.entries[number]
        found = add_link(
            self.watch.db, self.watch.web, self.watch.here, str(entry.link),
            title=f"Titre {entry.name}", act=self.watch.act,
        )  # fmt: skip
        self.gone.discard(entry.name)
        if found.created:
            self.touched.add(found.item)

    @rule(feed=st.integers(0, 1))
    def unsubscribe(self, feed: int) -> None:
        key = self.feeds[feed].removeprefix("https://")
        with self.watch.db.write() as connection:
            if (source := sources.by_key(connection, key)) is not None:
                sources.remove(connection, source.id)
                self.own[feed] = {3 + feed} & self.own[feed]

    @rule(feed=st.integers(0, 1))
    def move(self, feed: int) -> None:
        if self.watch.move(self.feeds[feed], self.feeds[1 - feed]):
            self.own[1 - feed] |= self.own[feed]
            self.own[feed] = set()

    @rule()
    def purge(self) -> None:
        before = self.there()
        self.watch.purge()
        self.gone |= before.keys() - self.there().keys()

    @invariant()
    def what_went_stays_away(self) -> None:
        assert self.gone.isdisjoint(self.there())

    @invariant()
    def what_was_touched_stays(self) -> None:
        # By number: what lost its source, and is shown again without an address, is another item.
        with self.watch.db.read() as connection:
            assert self.touched <= set(connection.scalars(text("SELECT id FROM item")))

    @invariant()
    def sources_count_what_is_there(self) -> None:
        with self.watch.db.read() as connection:
            counted = connection.execute(
                text("SELECT source_id, count(*) FROM sighting GROUP BY source_id")
            )
            found = {one.id: one.items for one in sources.everything(connection) if one.items}
            assert dict(list(counted)) == found


def test_no_sequence_brings_back_what_went_or_takes_what_was_touched(watch: Watch) -> None:
    """D16, as a property: collect, decide, add, unsubscribe, subscribe again, join, purge, in any order."""
    machine = type("Years", (Years,), {"watch": watch})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=12,
            suppress_health_check=list(HealthCheck),
        ),
    )
