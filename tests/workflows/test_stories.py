"""Stories as they are found, decided, split and joined, on both databases."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.conftest import NOW
from veille.errors import NotFound, Refused
from veille.model.changes import Changes, SeenAgain, SightingDraft
from veille.model.event import Action, Actor
from veille.model.query import And, Comparison, InStory, Is, Sort, Spread, Status
from veille.model.states import Identity, ItemState
from veille.store import due, events, ingest, rulings, sources
from veille.store.tables.pool import item_text
from veille.workflows import curate, lookup, stories, undoing
from veille.workflows.acting import Act

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.model.item import Item
    from veille.store.database import Database

TITLE = "La bibliothèque du port rouvre"
TEXT = (
    "La bibliothèque du port rouvre samedi après deux ans de travaux. Les salles de lecture donnent "
    "désormais sur les quais, et le fonds maritime, longtemps gardé en réserve, est en libre accès. Une "
    "équipe de douze personnes accueille le public six jours sur sept. Le bâtiment, dessiné dans les "
    "années trente, garde ses boiseries et gagne un atelier de reliure que les enfants pourront essayer. "
    "La ville a financé les deux tiers du chantier; le reste vient de l’État et d’un don privé."
)
EXCERPT = f"{TEXT[:220]} […]"


class Newsroom:
    """Sources that tell stories, and a team that reads them."""

    def __init__(self, pool: Any) -> None:
        self.pool = pool
        self.db: Database = pool.db

    def tell(self, title: str = TITLE, text: str = TEXT, *, by: Any = None, **given: Any) -> int:
        """A source, a new one unless given, tells a story."""
        source = by or self.pool.source(site=f"https://site{len(self.sources())}.example/")
        (item,) = self.pool.collect(source, self.pool.draft(title, text=text, **given))
        return item

    def sources(self) -> Any:
        with self.db.read() as conn:
            return sources.everything(conn)

    def find(self, **given: Any) -> stories.Found:
        return stories.find(self.db, act=Act(actor=None, now=NOW), **given)

    def item(self, number: int) -> Item:
        return lookup.show(self.db, number).item

    def told(self, *numbers: int) -> list[list[int]]:
        """The stories of these items."""
        return sorted(
            {
                number: sorted((number, *(other.id for other in self.item(number).also)))
                for number in numbers
            }.values()
        )

    def states(self, *numbers: int) -> list[ItemState]:
        return [self.item(number).state for number in numbers]

    def listed(self, *parts: Any, **given: Any) -> list[int]:
        act = Act(actor=None, now=NOW)
        return [item.id for item in lookup.search(self.db, And(parts), act=act, **given)]


@pytest.fixture
def news(pool: Any) -> Newsroom:
    return Newsroom(pool)


@pytest.fixture
def three(news: Newsroom) -> list[int]:
    """A story that three sources tell, and that was found."""
    told = [news.tell(), news.tell(f"Repris : {TITLE}"), news.tell(text=f"{TEXT} Lire la suite.")]
    news.find()
    return told


def test_items_that_tell_the_same_are_one_story(news: Newsroom, three: list[int]) -> None:
    other = news.tell("Un musée prête ses manèges", "Trente manèges de foire. " * 20)
    assert news.find() == stories.Found(looked=1, told=0, due=0)
    assert news.told(*three, other) == [three] * 3 + [[other]]
    assert [news.item(item).spread for item in (*three, other)] == [3, 3, 3, 1]
    first = news.item(three[0])
    assert [(each.id, each.title, each.source) for each in first.also] == [
        (three[1], f"Repris : {TITLE}", news.item(three[1]).sources[0].title),
        (three[2], TITLE, news.item(three[2]).sources[0].title),
    ]


def test_the_order_of_arrival_does_not_change_the_stories(pool: Any) -> None:
    """Nor whether all come at once or one by one."""
    made, told = random.Random(3), []
    day = timedelta(days=1)
    one, two = pool.source(), pool.source()
    weekly = [("Programme de la semaine", f"{TEXT} Séance numéro {week}.") for week in range(3)]
    shown = [
        *((one, *words, NOW + week * 5 * day) for week, words in enumerate(weekly)),
        (two, *weekly[1], NOW + 6 * day),
        (pool.source(), "Programme de la semaine", EXCERPT, NOW + 5 * day),
    ]
    for one_by_one in (False, True):
        made.shuffle(shown)
        name = {}
        for source, title, text, order in shown:
            number = Newsroom(pool).tell(title, text, by=source, order=order)
            name[number] = (source.id, text, order)
            if one_by_one:
                Newsroom(pool).find()
        Newsroom(pool).find()
        told.append(
            sorted(sorted(name[item] for item in story) for story in Newsroom(pool).told(*name))
        )
        with pool.db.write() as conn:
            conn.exec_driver_sql("DELETE FROM resemblance")
            conn.exec_driver_sql("DELETE FROM sketch")
            conn.exec_driver_sql("UPDATE item SET story = NULL")
    assert told[0] == told[1]
    assert max(map(len, told[0])) > 1


def test_a_story_is_decided_once(news: Newsroom, three: list[int], act: Callable[..., Act]) -> None:
    outcome = curate.keep(news.db, three[1:2], act=act())
    assert sorted(outcome.changed) == three
    assert outcome.with_story == (three[0], three[2])
    assert news.states(*three) == [ItemState.KEPT] * 3
    (undone,) = undoing.latest(news.db, 1, act=act())
    assert sorted(undone.items) == three
    assert news.states(*three) == [ItemState.INBOX] * 3


def test_what_comes_later_follows_and_is_taken_back_with_the_whole(
    news: Newsroom, three: list[int], act: Callable[..., Act]
) -> None:
    curate.skip(news.db, three[:1], act=act())
    late = news.tell(f"{TITLE} samedi")
    news.find()
    assert news.states(late) == [ItemState.SKIPPED]
    (line,) = lookup.history(news.db, item=late)
    assert (line.by, line.action, line.note) == (
        None,
        Action.SKIP,
        f"the same story as {three[-1]}",
    )
    (undone,) = undoing.latest(news.db, 1, act=act())
    assert sorted(undone.items) == [*three, late]
    assert news.states(*three, late) == [ItemState.INBOX] * 4
    another = news.tell(f"{TITLE} enfin")
    news.find()
    assert news.states(another) == [ItemState.INBOX]


def test_what_follows_a_kept_story_is_kept_by_whoever_kept_it(
    news: Newsroom, three: list[int], act: Callable[..., Act]
) -> None:
    curate.keep(news.db, three[:1], act=act())
    late = news.tell()
    news.find()
    assert news.item(late).kept_by == ("camille",)


def test_nothing_follows_a_state_that_nobody_decided(
    news: Newsroom, act: Callable[..., Act]
) -> None:
    """The old entries of a new source are out of the inbox by themselves; a reset is no decision."""
    old = news.tell(state=ItemState.SKIPPED)
    new = news.tell()
    news.find()
    assert news.states(old, new) == [ItemState.SKIPPED, ItemState.INBOX]
    curate.keep(news.db, [old], act=act())
    curate.reset(news.db, [old], act=act())
    late = news.tell()
    news.find()
    assert news.states(late) == [ItemState.INBOX]


def test_a_split_is_remembered_and_undone(
    news: Newsroom, three: list[int], act: Callable[..., Act]
) -> None:
    first, second, third = three
    assert stories.split(news.db, first, act=act()) == (second, third)
    assert news.told(*three) == [[first], [second, third], [second, third]]
    with news.db.write() as conn:
        due.mark(conn, three)
    news.find()
    assert news.told(*three) == [[first], [second, third], [second, third]]
    assert [line.action for line in lookup.history(news.db, item=third)] == [Action.STORY_SPLIT]
    undoing.latest(news.db, 1, act=act())
    assert news.told(*three) == [three] * 3


def test_a_join_holds_and_is_undone(news: Newsroom, act: Callable[..., Act]) -> None:
    far = timedelta(days=60)
    told = [news.tell(), news.tell("Autre titre", "Un autre texte.", order=NOW + far)]
    news.find()
    curate.keep(news.db, told[:1], act=act())
    assert stories.join(news.db, told, act=act()) == tuple(told)
    assert news.states(*told) == [ItemState.KEPT] * 2
    with news.db.write() as conn:
        due.mark(conn, told)
    news.find()
    assert news.told(*told) == [told] * 2
    undoing.latest(news.db, 1, act=act())
    assert news.told(*told) == [[told[0]], [told[1]]]
    assert news.states(*told) == [ItemState.KEPT, ItemState.INBOX]


def test_what_only_the_split_item_held_together_falls_apart(
    news: Newsroom, act: Callable[..., Act]
) -> None:
    told = [news.tell(), news.tell(f"Repris : {TITLE}"), news.tell(text=EXCERPT)]
    news.find()
    assert news.told(*told) == [told] * 3
    stories.split(news.db, told[0], act=act())
    assert news.told(*told) == [[item] for item in told]


def test_the_last_word_on_a_pair_counts(
    news: Newsroom, three: list[int], act: Callable[..., Act]
) -> None:
    first, second, third = three
    stories.split(news.db, first, act=act())
    assert stories.join(news.db, [second, first], act=act()) == tuple(three)
    stories.split(news.db, first, act=act())
    assert news.told(first, second) == [[first], [second, third]]
    for _ in range(3):
        undoing.latest(news.db, 1, act=act())
    assert news.told(*three) == [three] * 3
    with news.db.read() as conn:
        assert rulings.pairs(conn, three) == {}


def test_any_sequence_undone_one_by_one_gives_the_former_state_back(
    news: Newsroom, three: list[int], act: Callable[..., Act]
) -> None:
    made = random.Random(11)
    four = [*three, news.tell("Sans rapport", "Un tout autre texte, assez court.")]
    news.find()
    before = [news.item(item) for item in four]
    done = 0
    for _ in range(12):
        item, other = made.sample(four, 2)
        action: Callable[[], Any] = made.choice(
            [
                lambda item=item: curate.keep(news.db, [item], act=act()),
                lambda item=item: curate.skip(news.db, [item], act=act()),
                lambda item=item, other=other: stories.join(news.db, [item, other], act=act()),
                lambda item=item: stories.split(news.db, item, act=act()),
            ]
        )
        try:
            action()
        except Refused:
            continue
        done += 1
    with news.db.read() as conn:
        undoable = len(events.latest_batches(conn, "camille", 100))
    assert 0 < undoable <= done
    for _ in range(undoable):
        undoing.latest(news.db, 1, act=act())
    assert [news.item(item) for item in four] == before


def test_an_undo_leaves_what_a_colleague_said_since(
    news: Newsroom, three: list[int], act: Callable[..., Act]
) -> None:
    """U3."""
    stories.split(news.db, three[0], act=act())
    zoe = Act(actor=Actor(handle="zoé", login="zoé"), now=NOW)
    stories.join(news.db, three[:2], act=zoe)
    with pytest.raises(Refused, match="the story of item"):
        undoing.latest(news.db, 1, act=act())
    assert news.told(*three[:2]) == [three] * 2


def test_who_is_alone_cannot_be_split_and_who_is_not_there_neither(
    news: Newsroom, act: Callable[..., Act]
) -> None:
    alone = news.tell()
    with pytest.raises(Refused, match="alone in its story"):
        stories.split(news.db, alone, act=act())
    with pytest.raises(NotFound, match="no item 999"):
        stories.split(news.db, 999, act=act())
    with pytest.raises(NotFound, match="no item 999"):
        stories.join(news.db, [alone, 999], act=act())


def test_an_item_of_several_sources_is_spread_by_site(news: Newsroom) -> None:
    """Two feeds of one site are one voice (F21)."""
    feeds = [news.pool.source(site=f"https://{host}/") for host in ("a.example", "www.a.example")]
    item = news.tell(by=feeds[0])
    _show_again(news, feeds[1].id, item)
    news.find()
    assert news.item(item).spread == 1
    _show_again(news, news.pool.source().id, item)
    news.find()
    assert news.item(item).spread == 2


def _show_again(news: Newsroom, source: int, item: int) -> None:
    seen = SeenAgain(item=item, sighting=SightingDraft(key=f"k{source}", guid=None, hash="h"))
    with news.db.write() as conn:
        changes = Changes(identity=Identity.GUID, seen=(seen,))
        ingest.apply(conn, source, changes, at=NOW, batch="again")


def test_lists_show_a_story_once_when_asked(news: Newsroom, three: list[int]) -> None:
    lone = [news.tell(f"Titre {number}", f"Texte {number}") for number in range(3)]
    news.find()
    assert news.listed(stories=True) == [*reversed(lone), three[2]]
    assert news.listed() == [*reversed(lone), *reversed(three)]
    assert news.listed(stories=True, sort=Sort.OLDEST, limit=2) == [three[0], lone[0]]
    assert news.listed(stories=True, sort=Sort.SOURCES, limit=2) == [three[2], lone[2]]


def test_stories_are_searched_by_their_sources_and_items(news: Newsroom, three: list[int]) -> None:
    lone = news.tell("Seul", "Un texte.")
    news.find()
    assert news.listed(Spread(Comparison.OVER, 2), sort=Sort.OLDEST) == three
    assert news.listed(Spread(Comparison.AT_MOST, 2)) == [lone]
    assert news.listed(Spread(Comparison.IS, 3), Is(Status.INBOX), sort=Sort.OLDEST) == three
    assert news.listed(Spread(Comparison.UNDER, 1)) == []
    assert news.listed(Spread(Comparison.AT_LEAST, 1), sort=Sort.OLDEST) == [*three, lone]
    assert news.listed(InStory(three[1]), sort=Sort.OLDEST) == three
    assert news.listed(InStory(lone)) == [lone]


def test_a_text_that_changes_may_leave_its_story(news: Newsroom) -> None:
    one, two = news.tell(), news.tell()
    news.find()
    assert news.told(one, two) == [[one, two]] * 2
    with news.db.write() as conn:
        conn.execute(item_text.update().where(item_text.c.item_id == two).values(text="Retiré."))
        due.mark(conn, [two])
    news.find()
    assert news.told(one, two) == [[one], [two]]
    assert [news.item(item).spread for item in (one, two)] == [1, 1]


def test_the_rest_of_a_story_is_looked_at_again_when_a_source_leaves(news: Newsroom) -> None:
    source = news.pool.source()
    one, two = news.tell(by=source), news.tell()
    news.find()
    with news.db.write() as conn:
        sources.remove(conn, source.id)
    news.find()
    assert news.item(two).also == ()
    assert news.item(two).spread == 1
    with pytest.raises(NotFound):
        news.item(one)


def test_a_run_looks_at_so_many_the_newest_first_and_the_next_goes_on(news: Newsroom) -> None:
    told = [news.tell() for _ in range(3)]
    said: list[int] = []
    assert news.find(limit=2, progress=said.append) == stories.Found(looked=2, told=2, due=1)
    assert said == [2]
    assert news.told(told[0]) == [[told[0]]]
    assert news.find().due == 0
    assert news.told(*told) == [told] * 3


def test_what_is_added_by_hand_tells_stories_too(news: Newsroom) -> None:
    told = [news.pool.item(TITLE, text=TEXT), news.tell()]
    news.find()
    assert news.told(*told) == [told] * 2
    assert news.item(told[1]).also[0].source is None


def test_what_is_stored_is_due_until_a_run_looks_at_it(news: Newsroom) -> None:
    """A collection that is cut between the two loses nothing (C1)."""
    news.tell()
    assert news.find().looked == 1
    assert news.find().looked == 0
