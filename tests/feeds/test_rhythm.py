"""When to come back, and what a visit leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veille.errors import FailureKind, FetchError, ParseError
from veille.feeds import freshness, rhythm
from veille.model.fetched import Entry, Fetched, Parsed
from veille.model.source import Move, Source, Validators
from veille.model.states import Identity, SourceState

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
HOUR, DAY = 3600.0, 86_400.0
MONTH = 31 * DAY


def answer(status: int = 200, body: bytes = b"<rss/>", **headers: str) -> Fetched:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(url="https://musee.example/feed.xml", status=status, headers=named, body=body)


def feed(*ages: float, **changes: Any) -> Parsed:
    """A feed whose entries were published so many seconds ago."""
    entries = tuple(
        Entry(guid=str(n), link=None, title="t", published=NOW - timedelta(seconds=age))
        for n, age in enumerate(ages)
    )
    return replace(
        Parsed(title="T", site="https://musee.example/", language=None, entries=entries), **changes
    )


def wait(source: Source, outcome: Any, parsed: Parsed | None = None) -> float:
    """The wait without the spread of the source's id."""
    spread = 1 + 0.1 * rhythm._share(source)
    instant = rhythm.next_visit(source, outcome, now=NOW, parsed=parsed)
    return round((instant - NOW).total_seconds() / spread, 3)


HEADERS = [
    ({}, HOUR),
    ({"cache_control": "max-age=60"}, HOUR),
    ({"cache_control": "max-age=21600"}, 6 * HOUR),
    ({"cache_control": "public, max-age=21600, must-revalidate"}, 6 * HOUR),
    ({"cache_control": "MAX-AGE=21600"}, 6 * HOUR),
    ({"cache_control": 'max-age="21600"'}, 6 * HOUR),
    ({"cache_control": "max-age=31536000"}, MONTH),
    ({"cache_control": "max-age=999999999999"}, MONTH),
    ({"cache_control": "max-age=99999999999999999999"}, HOUR),
    ({"cache_control": "max-age=-1"}, HOUR),
    ({"cache_control": "max-age=abc"}, HOUR),
    ({"cache_control": "max-age"}, HOUR),
    ({"cache_control": "max-age=0"}, HOUR),
    ({"cache_control": "no-cache"}, HOUR),
    ({"cache_control": "no-cache, max-age=21600"}, HOUR),
    ({"cache_control": "no-store, max-age=21600"}, HOUR),
    ({"cache_control": "x-max-age=21600"}, HOUR),
    ({"cache_control": "max-age=21600", "age": "3600"}, 5 * HOUR),
    ({"cache_control": "max-age=21600", "age": "x"}, 6 * HOUR),
    ({"cache_control": "max-age=60", "age": "3600"}, HOUR),
    ({"cache_control": "max-age=7200", "expires": "Fri, 20 Nov 2026 18:00:00 GMT"}, 2 * HOUR),
    ({"expires": "Fri, 20 Nov 2026 18:00:00 GMT"}, 6 * HOUR),
    (
        {"expires": "Fri, 20 Nov 2026 18:00:00 GMT", "date": "Fri, 20 Nov 2026 16:00:00 GMT"},
        2 * HOUR,
    ),
    ({"expires": "Fri, 20 Nov 2026 19:00:00 +0100"}, 6 * HOUR),
    ({"expires": "Fri, 20 Nov 2026 18:00:00"}, 6 * HOUR),
    ({"expires": "Fri, 20 Nov 2026 10:00:00 GMT"}, HOUR),
    ({"expires": "Wed, 20 Nov 2030 10:00:00 GMT"}, MONTH),
    ({"expires": "0"}, HOUR),
    ({"expires": "-1"}, HOUR),
    ({"expires": "Mon, 99 Nov 2026 18:00:00 GMT"}, HOUR),
    ({"retry_after": "21600"}, HOUR),  # of a success it says nothing
    ({"cache_control": "s-maxage=21600"}, 6 * HOUR),
    ({"cache_control": "max-age = 21600"}, 6 * HOUR),
    ({"cache_control": "max-age=7200, max-age=21600"}, 2 * HOUR),
    ({"cache_control": "max-age=21600.5"}, HOUR),
    ({"cache_control": "max-age=3601"}, 3601.0),
    ({"cache_control": "private, stale-while-revalidate=86400"}, HOUR),
    ({"cache_control": ""}, HOUR),
    ({"cache_control": "\x00\x1b[31m"}, HOUR),
    ({"cache_control": "max-age=21600", "pragma": "no-cache"}, 6 * HOUR),
    ({"cache_control": "max-age=21600", "age": "-5"}, 6 * HOUR),
    ({"cache_control": "NO-CACHE"}, HOUR),
    ({"expires": "Friday, 20-Nov-26 18:00:00 GMT"}, 6 * HOUR),
    ({"expires": "Fri Nov 20 18:00:00 2026"}, 6 * HOUR),
    ({"expires": "Fri, 20 Nov 2026 18:00:00 GMT", "date": "hier"}, 6 * HOUR),
    ({"expires": "Fri, 20 Nov 99999 18:00:00 GMT"}, HOUR),
    ({"expires": "x" * 10_000}, HOUR),
    ({"expires": "Fri, 20 Nov 2026 18:00:00 GMT", "cache_control": "no-store"}, HOUR),
    ({"etag": '"a"', "vary": "*"}, HOUR),
]


@pytest.mark.parametrize(("headers", "expected"), HEADERS)
def test_what_a_server_asks_for_is_respected_and_nonsense_ignored(
    source: Source, headers: dict[str, str], expected: float
) -> None:
    """H15."""
    assert wait(source, answer(**headers), feed()) == expected


RETRIES = [
    ("120", 120.0), ("0", 0.0), ("999999999999", MONTH), ("315360000", MONTH), ("-5", None), ("xyz", None),
    ("", None), ("1.5", None), ("Fri, 20 Nov 2026 13:00:00 GMT", HOUR), ("Fri, 20 Nov 2026 11:00:00 GMT", None),
    ("Wed, 20 Nov 2036 12:00:00 GMT", MONTH), ("demain", None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), RETRIES)
def test_retry_after_in_both_forms(value: str, expected: float | None) -> None:
    """H14."""
    assert freshness.retry_after({"retry-after": value}, NOW) == expected


def test_a_retry_after_date_counts_from_the_servers_own_clock() -> None:
    """H14."""
    headers = {
        "retry-after": "Fri, 20 Nov 2026 13:00:00 GMT",
        "date": "Fri, 20 Nov 2026 12:50:00 GMT",
    }
    assert freshness.retry_after(headers, NOW) == 600


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((), HOUR),
        ((600,), DAY),
        (tuple(n * 600 for n in range(20)), HOUR),
        ((2 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR), HOUR),
        ((8 * HOUR, 16 * HOUR, 24 * HOUR), 4 * HOUR),
        ((DAY, 10 * DAY, 40 * DAY), DAY),
        ((89 * DAY, 100 * DAY), DAY),
        ((91 * DAY, 100 * DAY), 7 * DAY),
        ((91 * DAY,), 7 * DAY),
        ((-400 * DAY, 8 * HOUR, 16 * HOUR), 4 * HOUR),
    ],
)
def test_a_source_is_asked_at_its_own_rhythm(
    source: Source, ages: tuple[float, ...], expected: float
) -> None:
    assert wait(source, answer(), feed(*ages)) == expected


def test_a_feed_may_ask_for_a_longer_wait(source: Source) -> None:
    assert wait(source, answer(), feed(ttl=3 * HOUR)) == 3 * HOUR
    assert wait(source, answer(), feed(ttl=60.0)) == HOUR
    assert wait(source, answer(), feed(ttl=400 * DAY)) == MONTH


def test_hours_and_days_a_feed_excludes_are_left_out(source: Source) -> None:
    """H16."""
    later = rhythm.next_visit(
        source, answer(), now=NOW, parsed=feed(skip_hours=frozenset(range(12, 18)))
    )
    assert later == datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
    later = rhythm.next_visit(
        source, answer(), now=NOW, parsed=feed(skip_days=frozenset({4, 5, 6}))
    )
    assert later == datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    never = feed(skip_hours=frozenset(range(24)))
    assert rhythm.next_visit(source, answer(), now=NOW, parsed=never) < NOW + timedelta(days=9)


def test_an_unchanged_feed_keeps_its_rhythm(source: Source) -> None:
    """A 304 says nothing of the entries; the spread does not add up either."""
    six_hours = rhythm.visit_after(source, answer(), now=NOW, parsed=feed(ttl=6 * HOUR))
    source = replace(source, last_fetch=NOW, next_fetch=six_hours.next_fetch)
    for _ in range(5):
        assert wait(source, answer(304)) == 6 * HOUR
        assert wait(source, answer(304, cache_control="max-age=36000")) == 10 * HOUR
        again = rhythm.visit_after(source, answer(304), now=NOW)
        source = replace(source, last_fetch=NOW, next_fetch=again.next_fetch)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (10, 9), (24, 23), (25, 24), (26, 24), (1000, 24)],
)
def test_failures_are_retried_freely_three_times_then_less_and_less(
    source: Source, errors: int, expected: float
) -> None:
    """N1, H13."""
    failure = FetchError(FailureKind.REFUSED, "x")
    assert wait(replace(source, errors=errors), failure) == expected * HOUR
    assert wait(replace(source, errors=errors), ParseError("x")) == expected * HOUR


@pytest.mark.parametrize(("errors", "expected"), [(0, HOUR), (1, HOUR), (2, 7 * DAY), (9, 7 * DAY)])
def test_what_ends_its_readers_three_times_in_a_row_is_seldom_read(
    source: Source, errors: int, expected: float
) -> None:
    """F5: quarantined, never given up."""
    failure = ParseError("x", FailureKind.PARSE_TIMEOUT)
    assert wait(replace(source, errors=errors), failure) == expected


@pytest.mark.parametrize(
    ("retry_after", "expected"), [(None, HOUR), (60, HOUR), (7200, 2 * HOUR), (MONTH, MONTH)]
)
def test_a_server_that_limits_us_is_obeyed(
    source: Source, retry_after: float | None, expected: float
) -> None:
    """H14."""
    failure = FetchError(FailureKind.RATE_LIMITED, "x", status=429, retry_after=retry_after)
    assert wait(source, failure) == expected


@given(st.integers(0, 10**6))
def test_sources_are_spread_by_their_id_and_always_the_same(number: int) -> None:
    source = Source(
        id=number, url="u", key="k", title=None, titled=False, site=None, categories=(), tags=(),
        state=SourceState.ACTIVE, identity=Identity.GUID, added=NOW, validators=Validators(), body_hash=None,
        last_fetch=None, last_success=None, next_fetch=None, errors=0, last_error=None,
    )  # fmt: skip
    one = rhythm.next_visit(source, answer(), now=NOW, parsed=feed())
    assert one == rhythm.next_visit(source, answer(), now=NOW, parsed=feed())
    assert timedelta(hours=1) <= one - NOW <= timedelta(hours=1.1)


def test_a_success_remembers_what_the_server_gave(source: Source) -> None:
    """H1: byte for byte."""
    visit = rhythm.visit_after(
        replace(source, errors=5), answer(etag='W/"é'[:3] + 'x"', last_modified="hier"),
        now=NOW, parsed=feed(), identity=Identity.LINK,
    )  # fmt: skip
    assert visit.validators == Validators(etag='W/"x"', last_modified="hier")
    assert visit.body_hash == rhythm.fingerprint(b"<rss/>")
    assert (visit.success, visit.errors, visit.error) == (True, 0, None)
    assert (visit.title, visit.site, visit.identity) == (
        "T",
        "https://musee.example/",
        Identity.LINK,
    )


def test_the_same_bytes_bring_new_validators_and_no_title(source: Source) -> None:
    """H4."""
    known = replace(
        source, validators=Validators(etag='"old"'), body_hash=rhythm.fingerprint(b"<rss/>")
    )
    visit = rhythm.visit_after(known, answer(etag='"new"'), now=NOW)
    assert (visit.validators.etag, visit.body_hash, visit.title) == ('"new"', known.body_hash, None)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, Validators(etag='"a"', last_modified="m")),
        ({"etag": '"b"'}, Validators(etag='"b"', last_modified="m")),
        ({"last_modified": "n"}, Validators(etag='"a"', last_modified="n")),
    ],
)
def test_a_304_replaces_only_what_it_brings(
    source: Source, headers: dict[str, str], expected: Validators
) -> None:
    """H2."""
    known = replace(source, validators=Validators(etag='"a"', last_modified="m"), body_hash="h")
    visit = rhythm.visit_after(known, answer(304, b"", **headers), now=NOW)
    assert (visit.validators, visit.body_hash, visit.success) == (expected, "h", True)


@pytest.mark.parametrize(
    ("known", "headers", "expected"),
    [
        ({}, {}, True),
        ({}, {"etag": '"a"', "last_modified": "m"}, True),
        ({}, {"etag": '"b"'}, False),
        ({"errors": 1}, {}, False),
        ({"state": SourceState.GONE}, {}, False),
        ({"moved": Move(to="https://x.example/", since=NOW, visits=2, known=True)}, {}, False),
        ({"validators": Validators(etag='"a"', last_modified="m", url="https://x.example/")}, {}, False),
    ],
)  # fmt: skip
def test_most_visits_leave_all_as_before(
    source: Source, known: dict[str, Any], headers: dict[str, str], expected: bool
) -> None:
    before = Validators(etag='"a"', last_modified="m", url="https://musee.example/feed.xml")
    seen = replace(source, validators=before, body_hash="h")
    visit = rhythm.visit_after(replace(seen, **known), answer(304, b"", **headers), now=NOW)
    assert visit.as_before is expected
    assert not rhythm.visit_after(seen, answer(), now=NOW, parsed=feed()).as_before
    assert not rhythm.visit_after(seen, ParseError("une page"), now=NOW).as_before


def test_a_cut_feed_is_not_remembered_as_whole(source: Source) -> None:
    """F6, H7: the next request is unconditional."""
    visit = rhythm.visit_after(source, answer(etag='"x"'), now=NOW, parsed=feed(cut=True))
    assert (visit.validators, visit.body_hash, visit.success) == (Validators(), None, True)


@pytest.mark.parametrize(
    "failure", [FetchError(FailureKind.TRUNCATED, "court"), ParseError("une page")]
)
def test_a_failure_keeps_what_was_known(source: Source, failure: FetchError | ParseError) -> None:
    """N6, H6, H21."""
    known = replace(source, validators=Validators(etag='"a"'), body_hash="h", errors=1)
    visit = rhythm.visit_after(known, failure, now=NOW)
    assert (visit.validators, visit.body_hash, visit.errors) == (known.validators, "h", 2)
    assert visit.error is not None
    assert (visit.error.kind, visit.error.message) == (failure.kind, str(failure))
    assert (visit.success, visit.state, visit.title) == (False, SourceState.ACTIVE, None)


def test_gone_ends_the_visits(source: Source) -> None:
    """H12."""
    visit = rhythm.visit_after(source, FetchError(FailureKind.GONE, "x", status=410), now=NOW)
    assert visit.state is SourceState.GONE
    again = rhythm.visit_after(
        replace(source, state=SourceState.GONE), answer(), now=NOW, parsed=feed()
    )
    assert again.state is SourceState.ACTIVE
    paused = replace(source, state=SourceState.PAUSED)
    assert rhythm.visit_after(paused, answer(), now=NOW).state is SourceState.PAUSED


def test_a_server_that_always_says_304_is_not_believed_for_ever(source: Source) -> None:
    """H3: at most one unconditional request in eight days; H18: none in the first seven."""
    source = replace(source, added=NOW, last_fetch=NOW, validators=Validators(etag='"a"'))
    unconditional = []
    for hour in range(1, 24 * 17):
        now = NOW + timedelta(hours=hour)
        if rhythm.request_for(source, now=now).validators == Validators():
            unconditional.append(hour / 24)
        source = replace(source, last_fetch=now)
    assert unconditional == [8, 16]


def test_requests_carry_validators_unless_forced_or_first(source: Source) -> None:
    known = replace(source, last_fetch=NOW, validators=Validators(etag='"a"'))
    assert rhythm.request_for(known, now=NOW).validators == Validators(etag='"a"')
    assert rhythm.request_for(known, now=NOW, force=True).validators == Validators()
    assert rhythm.request_for(source, now=NOW).validators == Validators()
