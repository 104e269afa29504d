"""Sweep after sweep, on both databases: what hosts see of us over days, and what we remember of them."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from veille.errors import FailureKind, FetchError, ParseError
from veille.feeds.fetch import Fetcher, FetchSettings
from veille.feeds.parse import parse
from veille.model.event import Action
from veille.model.fetched import Fetched
from veille.model.query import EVERYTHING
from veille.model.states import AddressChange, ItemState, SourceState
from veille.store import addresses, events, items, reach, sources
from veille.workflows import subscribe
from veille.workflows.acting import Act, Actor
from veille.workflows.collect import collect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from veille.model.fetched import Parsed, Request
    from veille.model.source import Source
    from veille.store.database import Database
    from veille.workflows.visiting import Report

START = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAMILLE = Actor(handle="camille", login="camille")


def rss(*numbers: int, site: str = "https://musee.example", title: str = "Le musée") -> bytes:
    entries = "".join(
        f"<item><guid>g{n}</guid><title>Titre {n}</title><link>{site}/{n}</link></item>"
        for n in numbers
    )
    return f'<rss version="2.0"><channel><title>{title}</title>{entries}</channel></rss>'.encode()


class Here:
    """Reads answers at once, in this process."""

    full = False

    def __init__(self) -> None:
        self.read: deque[tuple[Source, Fetched, Parsed | ParseError]] = deque()

    def warm_up(self) -> None:
        """Nothing to warm up."""

    def submit(self, ticket: Source, job: object, page: Fetched, option: bytes = b"") -> None:
        try:
            result: Parsed | ParseError = parse(page)
        except ParseError as error:
            result = error
        self.read.append((ticket, page, result))

    def take(self, *, wait: bool = True) -> tuple[Source, Fetched, Parsed | ParseError] | None:
        return self.read.popleft() if self.read else None


@dataclass
class House:
    """A workspace whose web answers by a script, at whatever time it is."""

    db: Database
    answers: dict[str, Any] = field(default_factory=dict)  # by address: bytes, failure or function
    asked: list[tuple[datetime, Request]] = field(default_factory=list)
    now: datetime = START

    def fetch_all(
        self, requests: Iterable[Request]
    ) -> Iterator[tuple[Request, Fetched | FetchError]]:
        for request in requests:
            self.asked.append((self.now, request))
            answer = self.answers[request.url]
            answer = answer(request) if callable(answer) else answer
            if isinstance(answer, bytes):
                answer = ok(request.url, answer)
            yield request, answer

    def subscribe(self, url: str, **given: Any) -> int:
        with self.db.write() as conn:
            return sources.add(conn, subscribe.draft(url, **given), at=self.now).id

    def sweep(self, later: timedelta = timedelta(), web: Any = None, **how: Any) -> Report:
        self.now += later
        act = Act(actor=CAMILLE, now=self.now)
        return collect(how.pop("db", self.db), web or self, Here(), act=act, **how)

    def source(self, number: int) -> Source:
        with self.db.read() as conn:
            found = sources.get(conn, number)
        assert found is not None
        return found

    def asked_of(self, host: str) -> list[tuple[datetime, str]]:
        return [(at, asked.url) for at, asked in self.asked if f"//{host}/" in asked.url]

    def count(self) -> int:
        with self.db.read() as conn:
            return len(items.ids(conn, EVERYTHING, now=self.now))

    def told(self, action: Action) -> int:
        with self.db.read() as conn:
            return sum(event.action is action for event in events.log(conn))


def ok(url: str, body: bytes, permanent: str | None = None, **headers: str) -> Fetched:
    named = {"content-type": "application/rss+xml", **headers}
    return Fetched(url=permanent or url, status=200, headers=named, body=body, permanent=permanent)


def failed(kind: FailureKind, **more: Any) -> FetchError:
    return FetchError(kind, "court", **more)


@pytest.fixture
def house(db: Database) -> House:
    return House(db)


A, B = "https://musee.example/rss", "https://musee.example/nouveau"


def test_entries_and_validators_are_stored_together_or_not_at_all(house: House) -> None:
    """H5: killed before the end of the transaction, the next request is unconditional again."""
    number = house.subscribe(A)
    house.answers[A] = ok(A, rss(1, 2), etag='"a"')

    class Dying:
        read = house.db.read

        @contextmanager
        def write(self, *, in_turn: bool = False) -> Iterator[Any]:
            with house.db.write(in_turn=in_turn) as conn:
                yield conn
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.sweep(db=Dying())
    assert (house.count(), house.source(number).validators.etag) == (0, None)
    assert house.sweep().new == 2
    assert house.source(number).validators.etag == '"a"'


def test_a_truncated_answer_leaves_no_validators_and_loses_no_entry(house: House) -> None:
    """H6, H7, N6."""
    number = house.subscribe(A)
    house.answers[A] = failed(FailureKind.TRUNCATED)
    assert len(house.sweep().failures) == 1
    assert house.source(number).validators.etag is None
    house.answers[A] = ok(A, rss(1, 2), etag='"b"')
    assert house.sweep(2 * HOUR).new == 2
    assert [request.validators.etag for _, request in house.asked] == [None, None]


def test_another_address_is_asked_without_the_validators_of_the_first(house: House) -> None:
    """H8: and the first stays in the history."""
    number = house.subscribe(A)
    house.answers |= {A: ok(A, rss(1), etag='"a"'), B: ok(B, rss(1))}
    house.sweep()
    subscribe.edit(house.db, str(number), act=Act(actor=CAMILLE, now=house.now), url=B)
    house.sweep(HOUR)
    (_, request) = house.asked[-1]
    assert (request.url, request.validators.etag) == (B, None)
    with house.db.read() as conn:
        (former,) = addresses.of(conn, number)
        assert sources.by_key(conn, subscribe.draft(A).key) is None  # may be subscribed to again
    assert (former.url, former.why) == (A, AddressChange.EDITED)


def moved(body: bytes = rss(1, 2), **headers: str) -> Fetched:
    return ok(A, body, permanent=B, **headers)


def test_a_permanent_redirect_is_adopted_after_five_visits_and_seven_days(house: House) -> None:
    """H9: not sooner, the old address stays in the history, and leads to the source still."""
    number = house.subscribe(A)
    house.answers |= {A: rss(1)}
    house.sweep()
    house.answers |= {A: moved(etag='"b"'), B: ok(B, rss(1, 2, 3))}
    for _ in range(7):
        house.sweep(DAY, force=True)
        assert house.source(number).url == A
    house.sweep(DAY, force=True)
    assert house.source(number).url == B
    assert house.source(number).moved is None
    assert house.told(Action.SOURCE_MOVE) == 1
    with house.db.read() as conn:
        (former,) = addresses.of(conn, number)
        assert (former.url, former.why, former.until) == (A, AddressChange.MOVED, house.now)
        back = sources.by_key(conn, subscribe.draft(A).key)
        assert back is not None
        assert back.id == number
        assert sources.keys(conn)[subscribe.draft(A).key] == number
    assert house.sweep(DAY, force=True).new == 1
    assert house.asked[-1][1].url == B


@pytest.mark.parametrize(
    ("answers", "days"),
    [
        ([moved()] * 4, 3),  # seldom
        ([moved()] * 20, 0.2),  # often, within four days
        ([moved(), ok(A, rss(1))] * 8, 1),  # not always
        ([ok(A, rss(1), permanent=B), ok(A, rss(1), permanent=f"{B}/2")] * 8, 1),  # not the same
        ([ParseError("une page"), moved()] * 8, 1),  # a page to log in, at times
        ([failed(FailureKind.BLOCKED)] * 12, 1),
        ([moved(rss(7, 8, site="https://parking.example"))] * 12, 1),  # another feed
    ],
)
def test_a_redirect_without_evidence_is_never_adopted(
    house: House, answers: list[Any], days: float
) -> None:
    """H9, H10: a login page, a private address, a domain that changed hands."""
    number = house.subscribe(A)
    house.answers[A] = rss(1)
    house.sweep()
    for answer in answers:
        page = isinstance(answer, ParseError)
        house.answers[A] = ok(A, b"<html><p>login", permanent=B) if page else answer
        house.sweep(timedelta(days=days), force=True)
    assert house.source(number).url == A


def test_failures_in_between_do_not_undo_the_evidence(house: House) -> None:
    """H9: a server that is down says nothing of where it lives; a 304 from there does."""
    number = house.subscribe(A)
    house.answers[A] = moved()
    house.sweep()
    for answer in (
        failed(FailureKind.HTTP_STATUS),
        moved(),
        failed(FailureKind.TRUNCATED),
        moved(),
    ):
        house.answers[A] = answer
        house.sweep(2 * DAY, force=True)
    house.answers[A] = Fetched(url=B, status=304, headers={}, body=b"", permanent=B)
    house.sweep(force=True)
    assert house.source(number).url == A
    house.sweep(force=True)
    assert house.source(number).url == B


def test_a_redirect_to_another_source_joins_the_two(house: House) -> None:
    """H11: one survives with all items, tags, categories and events of both."""
    house.subscribe(A, title="Mon musée", categories=("Musées",), tags=("art", "paris"))
    second = house.subscribe(B, categories=("Musées", "France"), tags=("Art",))
    house.answers |= {A: rss(1, 2, 3), B: rss(3, 4)}
    house.sweep()
    with house.db.read() as conn:
        lost = items.ids(conn, EVERYTHING, now=house.now)
    act = Act(actor=CAMILLE, now=house.now)
    subscribe.pause(house.db, str(second), act=act)
    house.answers |= {A: moved(rss(3, 4, 5)), B: rss(3, 4, 5)}
    for _ in range(9):
        house.sweep(DAY, force=True)
    with house.db.read() as conn:
        (survivor,) = sources.everything(conn)
        shown = items.get_many(conn, items.ids(conn, EVERYTHING, now=house.now))
        assert [former.url for former in addresses.of(conn, second)] == [A]
    assert set(lost) <= {item.id for item in shown}
    assert {seen.id for item in shown for seen in item.sources} == {second}
    assert (survivor.id, survivor.url, survivor.title) == (second, B, "Mon musée")
    assert (survivor.categories, survivor.tags) == (("Musées", "France"), ("Art", "paris"))
    assert (survivor.state, survivor.items) == (SourceState.ACTIVE, 5)
    assert house.told(Action.SOURCE_MERGE) == 1
    assert house.told(Action.SOURCE_PAUSE) == 1
    house.answers[B] = rss(1, 3, 4, 5, 6)
    again = house.sweep(DAY, force=True)
    assert (again.new, again.updated, again.failures) == (1, 0, [])


def test_two_items_under_one_key_both_survive_a_merge(house: House) -> None:
    """H11: no constraint error when guid 1 means two stories."""
    first, second = house.subscribe(A), house.subscribe(B)
    house.answers |= {A: rss(1, site="https://a.example"), B: rss(1, site="https://b.example")}
    house.sweep()
    with house.db.write() as conn:
        found = sources.get(conn, first)
        assert found is not None
        key = subscribe.draft(B).key
        assert addresses.adopt(conn, found, url=B, key=key, at=house.now) == second
        shown = items.get_many(conn, items.ids(conn, EVERYTHING, now=house.now))
    assert sorted(len(item.sources) for item in shown) == [1, 1]
    assert house.source(second).items == 2


def test_what_is_gone_is_told_once_and_not_asked_again(house: House) -> None:
    """H12."""
    number = house.subscribe(A)
    house.answers[A] = failed(FailureKind.GONE, status=410)
    report = house.sweep()
    assert [one.next_try for one in report.failures] == [None]
    for _ in range(5):
        assert house.sweep(10 * DAY, force=True).failures == []
    assert (len(house.asked), house.told(Action.SOURCE_GONE)) == (1, 1)
    assert house.source(number).state is SourceState.GONE


def test_a_source_that_fails_for_a_month_is_asked_once_a_day_and_not_given_up(
    house: House,
) -> None:
    """H13, N1: three free retries, then less and less often; never in silence (see doctor)."""
    number = house.subscribe(A)
    house.subscribe("https://autre.example/rss")
    house.answers |= {A: failed(FailureKind.HTTP_STATUS, status=404)}
    house.answers["https://autre.example/rss"] = rss(9)
    for _ in range(2 * 24):
        house.sweep(HOUR)
    for _ in range(28 * 12):
        house.sweep(2 * HOUR)
    times = [at for at, request in house.asked if request.url == A]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert all(gap <= 2 * HOUR for gap in gaps[:3])
    assert all(DAY <= gap <= 1.2 * DAY for gap in gaps[-5:])
    source = house.source(number)
    assert (source.state, source.errors) == (SourceState.ACTIVE, len(times))


def test_a_retry_after_is_for_the_whole_host_and_survives_a_restart(house: House) -> None:
    """H14: other hosts are asked; the database remembers, not the process."""
    limited = [f"https://blogs.example/{n}" for n in range(3)]
    house.subscribe(limited[0])
    house.answers |= {url: rss(n) for n, url in enumerate(limited)} | {A: rss(9)}
    house.answers[limited[0]] = failed(
        FailureKind.RATE_LIMITED, status=429, retry_after=6 * 3600.0, host="blogs.example"
    )
    house.sweep()
    for url in (*limited[1:], A):
        house.subscribe(url)
    for _ in range(5):
        house.sweep(HOUR)
    assert [url for _, url in house.asked_of("blogs.example")] == limited[:1]
    assert house.asked_of("musee.example")
    with house.db.read() as conn:
        assert reach.waits(conn, house.now) == {"blogs.example": START + 6 * HOUR}
    house.answers[limited[0]] = rss(0)
    house.sweep(2 * HOUR)
    assert sorted(url for _, url in house.asked_of("blogs.example")[1:]) == limited
    with house.db.read() as conn:
        assert reach.waits(conn, house.now) == {}


def test_a_host_that_gives_no_time_is_left_alone_for_an_hour(house: House) -> None:
    """H14: and a shorter wait never replaces a longer one; who insists is served."""
    house.subscribe(A)
    house.answers[A] = failed(FailureKind.RATE_LIMITED, status=429)
    house.sweep()
    with house.db.write() as conn:
        assert reach.waits(conn, house.now) == {"musee.example": START + HOUR}
        reach.leave_alone(conn, "musee.example", until=START + 3 * HOUR, now=START)
        reach.leave_alone(conn, "musee.example", until=START + HOUR, now=START)
        assert reach.waits(conn, house.now) == {"musee.example": START + 3 * HOUR}
    assert house.sweep(2 * HOUR).skipped == 1
    assert house.sweep(force=True).skipped == 0


def test_what_was_not_asked_for_its_hosts_sake_is_no_error(house: House) -> None:
    """H14: it stays due."""
    number = house.subscribe(A)
    house.answers[A] = failed(FailureKind.RATE_LIMITED, host="musee.example", asked=False)
    report = house.sweep()
    assert (report.skipped, report.failures) == (1, [])
    assert (house.source(number).errors, house.source(number).last_fetch) == (0, None)


HOSTS = [f"https://hote{n}.example/rss" for n in range(6)]
DOWN = [FailureKind.DNS, FailureKind.TIMEOUT, FailureKind.REFUSED, FailureKind.NETWORK]


def test_an_outage_of_everything_is_no_sources_error(house: House) -> None:
    """N22: recorded once, no errors counted, tried again within ten minutes."""
    numbers = [house.subscribe(url) for url in HOSTS]
    house.answers |= {url: rss(n) for n, url in enumerate(HOSTS)}
    house.sweep()
    house.answers |= {url: failed(DOWN[n % 4]) for n, url in enumerate(HOSTS)}
    report = house.sweep(2 * DAY)
    began = house.now
    assert (len(report.failures), report.outage and report.outage.began) == (6, began)
    assert all(began < (one.next_try or began) <= began + 10 * HOUR / 60 for one in report.failures)
    assert house.sweep(timedelta(minutes=1)).skipped == 6
    for _ in range(50):
        report = house.sweep(timedelta(minutes=5))
    assert report.outage
    assert report.outage.began == began
    assert [house.source(number).errors for number in numbers] == [0] * 6
    assert house.source(numbers[0]).last_error is None
    house.answers |= {url: rss(n, n + 10) for n, url in enumerate(HOSTS[1:], start=1)}
    report = house.sweep(timedelta(minutes=5))
    assert (report.new, len(report.failures), report.outage) == (5, 1, None)
    assert [house.source(number).errors for number in numbers] == [1, 0, 0, 0, 0, 0]
    with house.db.read() as conn:
        assert reach.current_outage(conn) is None


def test_two_sources_that_are_all_there_is_can_be_out_together(house: House) -> None:
    """N22."""
    for url in (A, B):
        house.subscribe(url)
        house.answers[url] = failed(FailureKind.REFUSED)
    assert house.sweep().outage is not None
    chosen = [house.source(1)]
    assert house.sweep(chosen=chosen, force=True).failures[0].source.id == 1
    assert house.source(1).errors == 1


@pytest.mark.parametrize(
    ("outcomes", "errors"),
    [
        ([FailureKind.DNS] * 2 + [FailureKind.HTTP_STATUS], 3),  # somebody answered
        ([FailureKind.DNS] * 2 + [FailureKind.BLOCKED], 3),  # two hosts may be chance
    ],
)
def test_some_failures_are_no_outage(
    house: House, outcomes: list[FailureKind], errors: int
) -> None:
    """N22, N1."""
    numbers = [house.subscribe(url) for url in HOSTS[:3]]
    house.answers |= {url: failed(kind) for url, kind in zip(HOSTS, outcomes, strict=False)}
    assert house.sweep().outage is None
    assert sum(house.source(number).errors for number in numbers) == errors


def test_sources_that_failed_before_make_no_outage(house: House) -> None:
    """N22: what is dead stays dead, and is counted."""
    numbers = [house.subscribe(url) for url in HOSTS[:4]]
    house.answers |= {url: failed(FailureKind.DNS) for url in HOSTS}
    house.answers[HOSTS[3]] = rss(1)
    house.sweep()
    due = [house.source(number) for number in numbers[:3]]
    assert house.sweep(HOUR, chosen=due, force=True).outage is None
    assert [house.source(number).errors for number in numbers] == [2, 2, 2, 0]


def test_one_request_an_interval_however_often_it_is_started(house: House) -> None:
    """H17: due times come from the database."""
    house.subscribe(A)
    house.answers[A] = rss(1)
    for _ in range(5):
        house.sweep(timedelta(minutes=2))
    assert len(house.asked) == 1


def test_the_guid_of_an_item_may_change_and_it_is_updated_all_the_same(house: House) -> None:
    """F10: the source that first showed the item leads it, under whatever guid."""
    house.subscribe(A)
    house.answers[A] = rss(1)
    house.sweep()
    house.answers[A] = rss(1).replace(b"g1", b"urn:1")
    assert (house.sweep(DAY).new, house.count()) == (0, 1)
    house.answers[A] = rss(1).replace(b"g1", b"urn:1").replace(b"Titre 1", b"Titre revu")
    assert house.sweep(DAY).updated == 1
    with house.db.read() as conn:
        (item,) = items.search(conn, EVERYTHING, now=house.now)
    assert (item.title, item.state) == ("Titre revu", ItemState.INBOX)


class Scorer:
    """A host that keeps count of our manners. Its feeds change four times a day."""

    def __init__(self, house: House, server: Any, make: Any) -> None:
        self.house, self.make = house, make
        self.seen: list[tuple[str, datetime, dict[str, str]]] = []
        self.given: dict[str, set[tuple[str | None, str | None]]] = {}
        self.closed: dict[str, tuple[datetime, datetime]] = {}
        for path in ("/etag", "/date", "/both", "/busy", "/moved", "/broken"):
            server.on(path, self.answer)

    def answer(self, asked: Any) -> bytes:
        path, now = asked.target, self.house.now
        self.seen.append((path, now, asked.headers))
        if path == "/broken":
            return self.make.http(status="500 Oops")
        if path == "/moved":
            return self.make.http(status="302 Found", Location="/both")
        if path == "/busy" and now - START > DAY and path not in self.closed:
            self.closed[path] = (now, now + 5 * HOUR)
            return self.make.http(status="429 No", Retry_After=str(5 * 3600))
        version = (now - START) // (6 * HOUR)
        etag = f'W/"{path}-{version}"' if path != "/date" else None
        date = f"version {version}, dit-il" if path != "/etag" else None
        sent = (asked.headers.get("if-none-match"), asked.headers.get("if-modified-since"))
        if sent == (etag, date):
            return self.make.http(status="304 Not Modified")
        given = {name: value for name, value in (("ETag", etag), ("Last-Modified", date)) if value}
        self.given.setdefault(path, set()).add((etag, date))
        return self.make.http(rss(version, version + 1, site="https://x.example" + path), **given)


def test_seven_days_against_a_host_that_keeps_score(house: House, server: Any, make: Any) -> None:
    """H18, H1: what a server sees of us in a week, at a look every twenty minutes."""
    scorer = Scorer(house, server, make)
    for path in ("/etag", "/date", "/both", "/busy", "/moved", "/broken"):
        house.subscribe(server.url + path)
    settings = FetchSettings(timeout=5.0, allow_private=("127.0.0.1",), user_agent="veille/1")
    with Fetcher(settings) as web:
        for _ in range(7 * 24 * 3):
            house.sweep(timedelta(minutes=20), web)
    asked = Counter(path for path, _, _ in scorer.seen)
    assert all(20 <= asked[path] <= 170 for path in ("/etag", "/date", "/busy", "/moved"))
    for path in ("/etag", "/date", "/busy"):
        mine = [(at, headers) for target, at, headers in scorer.seen if target == path]
        for (before, _), (at, headers) in itertools.pairwise(mine):
            assert at - before >= timedelta(minutes=55)
            sent = (headers.get("if-none-match"), headers.get("if-modified-since"))
            assert sent in scorer.given[path]
    shut, reopened = scorer.closed["/busy"]
    assert not [at for _, at, _ in scorer.seen if shut < at < reopened]
    for path, _, headers in scorer.seen:
        assert "?" not in path
        assert headers["user-agent"] == "veille/1"  # H20
        assert not {"cookie", "referer", "authorization", "from"} & headers.keys()
    assert asked["/broken"] < 40
