"""The search grammar: what it reads, what it refuses and where, and that printing undoes parsing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from veille.curation.query import MAX_DEPTH, MAX_TERMS, parse
from veille.errors import ExitCode, QueryError
from veille.model.query import (
    EVERYTHING,
    Age,
    And,
    Comparison,
    Field,
    Instant,
    InStory,
    Is,
    Match,
    Not,
    Or,
    Query,
    Spread,
    Status,
    Within,
    Words,
)

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # already the 22nd in Paris


def read(text: str, zone: ZoneInfo = PARIS) -> Query:
    return parse(text, now=NOW, tz=zone)


def refused(text: str) -> QueryError:
    with pytest.raises(QueryError) as caught:
        read(text)
    return caught.value


def word(*words: str) -> Words:
    return Words(words)


A, B, C = word("a"), word("b"), word("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", EVERYTHING),
        (" \t\n ", EVERYTHING),
        ("a", A),
        ("a b", And((A, B))),
        ("a AND b", And((A, B))),
        ("a b OR c", Or((And((A, B)), C))),
        ("a (b OR c)", And((A, Or((B, C))))),
        ("-a", Not(A)),
        ("NOT a", Not(A)),
        ("NOT a b", And((Not(A), B))),
        ("--a", Not(Not(A))),
        ("-(a b)", Not(And((A, B)))),
        ("a -tag:x", And((A, Not(Match(Field.TAG, "x"))))),
        ("((a))", A),
        ("(a)(b)", And((A, B))),
        ('a"b c"', And((A, word("b", "c")))),
    ],
)
def test_structure(text: str, tree: Query) -> None:
    assert read(text) == tree


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Œuvres", ("oeuvres",)),
        ("l'été", ("l", "ete")),
        ("l’été", ("l", "ete")),
        ("e-mail", ("e", "mail")),
        ("c++", ("c",)),
        ("12:30", ("12", "30")),
        ('"Livre  numérique"', ("livre", "numerique")),
        ("«\u00a0livre numérique\u00a0»", ("livre", "numerique")),
        ("“livre numérique”", ("livre", "numerique")),
        ("MUSE\u0301E", ("musee",)),
        ("日本語", ("日本語",)),
        ("or", ("or",)),
        ("not", ("not",)),
        ('"OR"', ("or",)),
        ("snake_case", ("snake", "case")),
    ],
)
def test_words_are_folded_and_cut_where_the_index_cuts_them(
    text: str, words: tuple[str, ...]
) -> None:
    assert read(text) == Words(words)


@pytest.mark.parametrize("field", Field)
def test_every_field_takes_a_plain_and_a_quoted_value(field: Field) -> None:
    assert read(f"{field}:fr") == Match(field, "fr")
    assert read(f'{field}:"fr"') == Match(field, "fr")
    assert read(f"{field.upper()}:fr") == Match(field, "fr")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('tag:"médiation culturelle"', Match(Field.TAG, "médiation culturelle")),
        ("source:12", Match(Field.SOURCE, "12")),
        ("edition:five-links/3", Match(Field.EDITION, "five-links/3")),
        ("lang:pt-BR", Match(Field.LANG, "pt-BR")),
        ("url:/blog/", Match(Field.URL, "/blog/")),
        ("url:%_", Match(Field.URL, "%_")),
        ("https://example.org/a?b=c", Match(Field.URL, "https://example.org/a?b=c")),
        ("HTTP://example.org", Match(Field.URL, "HTTP://example.org")),
        ("-http://example.org", Not(Match(Field.URL, "http://example.org"))),
        (
            "https://fr.wikipedia.org/wiki/A_(B)",
            Match(Field.URL, "https://fr.wikipedia.org/wiki/A_(B)"),
        ),
        ("(http://a.org/(b))", Match(Field.URL, "http://a.org/(b)")),
        ("(http://a.org)", Match(Field.URL, "http://a.org")),
        ("author:'x'", Match(Field.AUTHOR, "'x'")),
    ],
)
def test_values(text: str, tree: Query) -> None:
    assert read(text) == tree


@pytest.mark.parametrize("status", Status)
def test_is(status: Status) -> None:
    assert read(f"is:{status}") == Is(status)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        # Paris is one hour ahead in winter, two in summer.
        ("2026", utc(2025, 12, 31, 23), utc(2026, 12, 31, 23)),
        ("2026-11", utc(2026, 10, 31, 23), utc(2026, 11, 30, 23)),
        ("2026-11-03", utc(2026, 11, 2, 23), utc(2026, 11, 3, 23)),
        ("2026-10-25", utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)),  # 25 hours long
        ("2026-W45", utc(2026, 11, 1, 23), utc(2026, 11, 8, 23)),
        ("2026-Q4", utc(2026, 9, 30, 22), utc(2026, 12, 31, 23)),
        ("2026-10-01/2026-10-31", utc(2026, 9, 30, 22), utc(2026, 10, 31, 23)),
        ("2026-10/2026-11", utc(2026, 9, 30, 22), utc(2026, 11, 30, 23)),
        ("2026-10-01/..", utc(2026, 9, 30, 22), None),
        ("../2026-10-31", None, utc(2026, 10, 31, 23)),
        ("2026-10-01/", utc(2026, 9, 30, 22), None),
        ("today", utc(2026, 11, 21, 23), utc(2026, 11, 22, 23)),
        ("yesterday", utc(2026, 11, 20, 23), utc(2026, 11, 21, 23)),
    ],
)
@pytest.mark.parametrize("field", Instant)
def test_dates_are_days_of_the_house(
    field: Instant, value: str, start: datetime | None, end: datetime | None
) -> None:
    """T8: a day is counted in the configured zone; the end of an interval is included."""
    assert read(f"{field}:{value}") == Within(field, start, end)


@pytest.mark.parametrize(
    ("value", "limit", "younger"),
    [
        ("<12h", timedelta(hours=12), True),
        ("<7d", timedelta(days=7), True),
        (">2w", timedelta(days=14), False),
        ("<3m", timedelta(days=90), True),
        (">1y", timedelta(days=365), False),
    ],
)
def test_age(value: str, limit: timedelta, younger: bool) -> None:
    assert read(f"age:{value}") == Age(limit, younger)


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ('"', 0, 'a closing "'),
        ("a «b", 2, "a closing »"),
        ('tag:"x', 4, "a closing"),
        ("((", 2, "a word, a phrase"),
        ("(a", 2, "a ) for the ( at character 1"),
        ("(a OR b", 7, "a ) for the ( at character 1"),
        ("()", 1, "a word, a phrase"),
        ("a )", 2, "no ( is open"),
        ("a OR", 4, "a word, a phrase"),
        ("OR a", 0, "a word, a phrase"),
        ("a AND", 5, "a word, a phrase"),
        ("a OR OR b", 5, "a word, a phrase"),
        ("a NOT", 5, "a word, a phrase"),
        ("a -", 2, "a letter or a digit"),
        ("(-)", 1, "a letter or a digit"),
        ("%", 0, "a letter or a digit"),
        ("_", 0, "a letter or a digit"),
        ("a & b", 2, "a letter or a digit"),
        ('a "!"', 2, "a letter or a digit"),
        ("tag:", 4, "a tag after tag:"),
        ("a tag:- b", 6, "a tag after tag:"),
        ("by: a", 3, "a curator after by:"),
        ('source:" "', 7, "a source after source:"),
        ("title:?", 6, "a word or a phrase after title:"),
        ("lang:français", 5, "a language such as fr"),
        ("edition:a/b", 8, "an edition such as five-links/3"),
        ("edition:a/0", 8, "an edition such as five-links/3"),
        ("url:(", 4, "an address or part of it"),
        ("is:read", 3, "one of inbox, kept, skipped, published, blurbed, commented"),
        ("age:7d", 4, "an age such as <7d"),
        ("age:<7", 4, "an age such as <7d"),
        ("age:<999999y", 4, "an age such as <7d"),
        ("published:2026-13", 10, "a date such as 2026"),
        ("published:2026-02-30", 10, "a date such as 2026"),
        ("published:2026-W54", 10, "a date such as 2026"),
        ("published:26", 10, "a date such as 2026"),
        ("published:9999", 10, "a date such as 2026"),
        ("published:9999-12-31", 10, "a date such as 2026"),
        ("published:..", 10, "a date such as 2026"),
        ("published:../..", 10, "a date such as 2026"),
        ("published:2026-11/2026-10", 10, "a date such as 2026"),
        ("collected:hier", 10, "a date such as 2026"),
        ("x tagg:y", 2, "did you mean tag:?"),
        ("zzzz:y", 0, "there are age, author, by, category, collected, edition"),
    ],
)
def test_an_error_says_where_and_what_was_expected(text: str, position: int, expected: str) -> None:
    """I10: exit 2, the position, and what would fit there."""
    error = refused(text)
    assert error.position == position
    assert expected in error.expected
    assert f"at character {position + 1}: expected" in str(error)
    assert error.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        ")" * 10_000,
        "-" * 10_000 + "a",
        "NOT " * 10_000 + "a",
        "a " * 10_000,
        "a OR " * 10_000,
        "(a " * 10_000,
        "url:" + "(" * 10_000,
        "http://" + "()" * 5_000 + "(",
        '"' * 9_999,
        "tag:x" * 10_000 + ":(",
        " ".join(f"tag:t{number}" for number in range(10_000)),
    ],
)
def test_monsters_are_refused_at_once(text: str) -> None:
    """I10: 10 000 terms or parentheses: an error with its position, within a second of work."""
    start = time.process_time()
    error = refused(text)
    assert time.process_time() - start < 1
    assert 0 <= error.position <= len(text)


def test_limits_are_told_where_they_are_passed() -> None:
    read("a " * MAX_TERMS)
    assert refused("a " * (MAX_TERMS + 1)).position == 2 * MAX_TERMS
    read("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
    assert refused("(" * (MAX_DEPTH + 1)).position == MAX_DEPTH
    assert read("(a) " * (MAX_DEPTH + 1)), "side by side is not one inside another"


@given(st.text())
@example("\x00")
@example("\ud800:x")
@example("tag:\u202e")
@example("ſ:x")
def test_any_text_is_read_or_refused_at_a_position_in_it(text: str) -> None:
    try:
        read(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)  # noqa: PT017  any text, refused or not


# --- saved searches -----------------------------------------------------------------------------

SAVED = {
    "week": "age:<7d OR is:kept",
    "mediation-culturelle": 'tag:"médiation" -search:week',
    "broken": "published:hier",
    "deep": "x search:broken",
    "circle": "a search:ring",
    "ring": "b (search:circle)",
    "twice": "search:week search:week",
    **{f"bomb{n}": f"search:bomb{n + 1} search:bomb{n + 1}" for n in range(40)},
    "bomb40": "boom",
    **{f"chain{n}": f"(search:chain{n + 1})" for n in range(100)},
}


def read_saved(text: str, naming: str | None = None) -> Query:
    return parse(text, now=NOW, tz=PARIS, saved=SAVED.get, naming=naming)


WEEK = Or((Age(timedelta(days=7), younger=True), Is(Status.KEPT)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("search:week", WEEK),
        ("SEARCH:Week", WEEK),
        ("search:week a", And((WEEK, A))),
        ("-search:week", Not(WEEK)),
        (
            'search:"Médiation culturelle"',
            And((Match(Field.TAG, "médiation"), Not(WEEK))),
        ),
        ("search:twice", And((WEEK, WEEK))),
    ],
)
def test_a_saved_search_stands_for_what_it_says(text: str, tree: Query) -> None:
    assert read_saved(text) == tree


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("a search:nothing", 9, "the name of a saved search after search:"),
        ("search:", 7, "the name of a saved search"),
        ("search:circle", 7, "does not lead back to itself (circle → ring → circle)"),
        ("x search:broken", 9, "a date such as 2026"),
        ("search:deep", 7, "(in search:broken, at character 11) (in search:deep, at character 10)"),
        ("search:bomb0", 7, "at most 300 terms"),
        ("search:chain0", 7, "at most 50 levels"),
    ],
)
def test_a_saved_search_that_cannot_be_read(text: str, position: int, expected: str) -> None:
    """I10: the place is the one in what was typed; what grows without end is stopped at once."""
    with pytest.raises(QueryError) as caught:
        read_saved(text)
    assert caught.value.position == position
    assert expected in caught.value.expected


def test_a_search_about_to_be_saved_may_not_be_in_itself() -> None:
    with pytest.raises(QueryError, match="new → new"):
        read_saved("a search:New", naming="new")
    with pytest.raises(QueryError, match="ring → circle → ring"):
        read_saved("search:circle", naming="ring")


# --- printing a tree and reading it again -------------------------------------------------------

WORD = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
VALUES = {
    Field.LANG: st.sampled_from(["fr", "en", "pt-BR"]),
    Field.EDITION: st.sampled_from(["five-links", "five-links/3"]),
}
FREE = st.text(
    st.characters(categories=("L", "N", "Zs", "Po"), exclude_characters='"'),
    min_size=1,
    max_size=12,
).filter(lambda text: text == " ".join(text.split()) and any(char.isalnum() for char in text))


def _match(field: Field) -> st.SearchStrategy[Query]:
    return st.builds(Match, st.just(field), VALUES.get(field, WORD | FREE.filter(_survives)))


def _survives(text: str) -> bool:
    from veille.model.text import fold, one_line

    return one_line(text) == text and any(char.isalnum() for char in fold(text))


def _within(field: Instant, year: int, months: int) -> Query:
    bounds = (datetime(year, 1, 1, tzinfo=UTC), datetime(year, 1 + months, 1, tzinfo=UTC))
    return Within(field, *bounds)


LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.builds(Words, st.lists(WORD, min_size=1, max_size=3).map(tuple)),
    st.sampled_from(Field).flatmap(_match),
    st.builds(Is, st.sampled_from(Status)),
    st.builds(_within, st.sampled_from(Instant), st.integers(1900, 2100), st.integers(1, 11)),
    st.builds(Age, st.builds(timedelta, days=st.integers(0, 9_999)), st.booleans()),
    st.builds(Spread, st.sampled_from(Comparison), st.integers(0, 99)),
    st.builds(InStory, st.integers(1, 10**9 - 1)),
)


def _branches(parts: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.builds(Not, parts) | st.builds(And, several) | st.builds(Or, several)


TREES = st.recursive(LEAVES, _branches, max_leaves=20)


def _printed_leaf(tree: Query) -> str:
    match tree:
        case Words(words):
            return words[0] if len(words) == 1 else f'"{" ".join(words)}"'
        case Match(field, value):
            return f'{field}:"{value}"'
        case Is(status):
            return f"is:{status}"
        case Within(field, start, end):
            last = end - timedelta(days=1)
            return f"{field}:{start.date()}/{last.date()}"
        case Age(limit, younger):
            return f"age:{'<' if younger else '>'}{limit.days}d"
        case Spread(comparison, sources):
            return f"sources:{'' if comparison is Comparison.IS else comparison}{sources}"
        case InStory(item):
            return f"story:{item}"
    raise AssertionError(tree)


def printed(tree: Query) -> str:
    """The inverse of parsing."""
    match tree:
        case Not(part):
            return f"-({printed(part)})"
        case And(parts):
            return " ".join(f"({printed(part)})" for part in parts)
        case Or(parts):
            return " OR ".join(f"({printed(part)})" for part in parts)
        case leaf:
            return _printed_leaf(leaf)


@given(TREES)
def test_reading_what_was_printed_gives_the_same_tree(tree: Query) -> None:
    assert read(printed(tree), ZoneInfo("UTC")) == tree
