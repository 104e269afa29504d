"""The search: the same answers on both databases, and those that a reading of the tree gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veille.model.edition import PickDraft
from veille.model.event import Action
from veille.model.query import (
    EVERYTHING,
    Age,
    And,
    Field,
    Instant,
    Is,
    Match,
    Not,
    Or,
    Query,
    Sort,
    Status,
    Within,
    Words,
)
from veille.model.states import EditionState, Every, ItemState
from veille.store import editions, fulltext, items, marks, reasons
from veille.store import search as searching
from veille.store.tables.publishing import edition as edition_table

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def found(pool: Any, query: Query, **options: Any) -> list[int]:
    with pool.db.read() as conn:
        return items.ids(conn, query, now=NOW, **options)


def words(text: str) -> Words:
    return Words(tuple(fulltext.words(text)))


_SPELLINGS = [
    ("Les œuvres d’été", "", "oeuvres"),
    ("Les oeuvres", "", "œuvres"),
    ("ÉTÉ À LA BIBLIOTHÈQUE", "", "été bibliothèque"),
    ("", "Museums open their collections", "museum"),
    ("", "A museum opens", "museums"),
    ("", "the collections of the library", "collection"),
    ("Médiation culturelle", "", "mediation"),
    ("", "l'accès ouvert aux données", "acces"),
    ("", "un MUSÉE", "musee"),
    ("", "la Straße", "strasse"),
    ("", "Łódź", "lodz"),
    ("", "année 2026, no 12", "2026"),
    ("", "le web3 et la 3D", "3d"),
    ("", "numérisation 12abc", "12abc"),
    ("", "1e5 documents", "1e5"),
    ("", "voir https://www.bnf.fr/fr/agenda?x=1", "agenda"),
    ("", "écrire à contact@bnf.fr", "bnf"),
    ("", "open_access-policy/v2", "access"),
    ("", "図書館 の本", "図書館"),
    ("", "библиотеки", "библиотеки"),
    ("", "ﬁnancement", "financement"),
    ("", "cafe\u0301 cre\u0300me", "café crème"),
    ("", "the is of and", "the"),
    ("", "un e-mail par mois", "e-mail"),
    ("", "as good as it gets", "as"),
    ("", "🫠exposition🦣", "exposition"),
    ("", "a “quoted”—word… and «\u00a0entre guillemets\u00a0»", "quoted word guillemets"),
    ("", "Œuvre ÆØ Ĳssel ½ ²", "aeo ijssel"),
    ("", "Ἀθῆναι και ΑΘΗΝΑΣ", "αθηνας"),
]


def test_a_word_is_found_whatever_its_spelling(pool: Any) -> None:
    """D15: folding, cutting and stemming give equal words on both databases."""
    pool.item("Something else", text="entirely")
    for title, text, wanted in _SPELLINGS:
        item = pool.item(title or "Un titre", text=text)
        query = And(tuple(Words((word,)) for word in fulltext.words(wanted)))
        assert item in found(pool, query), (title, text, wanted)
        assert len(found(pool, query)) < len(_SPELLINGS) / 2


def test_a_word_of_two_letters_is_itself_only(pool: Any) -> None:
    """Stemming starts at three letters, on both databases: neither "as" nor "es" is a plural."""
    pool.item(title="Rien", text="as es is us")
    one = pool.item(title="Rien", text="plan a")
    assert found(pool, words("a")) == [one]
    assert found(pool, Match(Field.TITLE, "e")) == []


@pytest.mark.parametrize(
    ("wanted", "others"),
    [
        ("été", "et un chat, eta, etes"),
        ("île", "il pleut, ils"),
        ("one", "on dit"),
        ("use", "us"),
        ("îles", "il pleut, ils"),
        ("Inès", "in situ, ins"),
        ("us", "useful uses used by using, USING"),
        ("êtes", "et, un été"),
        ("12", "120 et 1200"),
        ("a1", "format a10"),
    ],
)
def test_a_short_word_is_no_other_one(pool: Any, wanted: str, others: str) -> None:
    """A stemmer made for English would make "et" of "été", and find every French text."""
    pool.item(title="Rien", text=others)
    spellings = (wanted, wanted.upper(), f"cet_{wanted}_chaud", f"l’{wanted}.", f"({wanted})")
    spellings += (f"🫠{wanted}🦣", f"Ἀθῆναι, {wanted}", f"{wanted}\u202f! {wanted}")
    meant = [pool.item(title=text, text="rien") for text in spellings]
    meant += [pool.item(title="Rien", text=text) for text in spellings]
    assert sorted(found(pool, words(wanted))) == meant
    assert sorted(found(pool, Match(Field.TITLE, wanted))) == meant[: len(spellings)]
    pool.comment(meant[0], others)
    assert sorted(found(pool, words(wanted))) == meant


@pytest.mark.parametrize(
    "forms",
    [
        ("île", "îles", "ÎLES"),
        ("use", "uses", "used", "using", "USING", "UsInG", "useful", "usefulness"),
        ("psychology", "psychological", "psychologies"),
        ("possible", "possibly", "possibilities"),
        ("assemble", "assembly", "assemblies"),
        ("trek", "trekking", "trekked"),
        ("été",),
    ],
)
def test_the_forms_of_a_word_are_one_on_either_database(pool: Any, forms: tuple[str, ...]) -> None:
    """SQLite's stemmer is Porter's as it is today, PostgreSQL's as it was printed."""
    meant = [pool.item(title=form) for form in forms]
    meant += [pool.item(title="Rien", text=f"cet_{form}, dit-on") for form in forms]
    pool.item(title="Rien", text="il us et in")
    for form in forms:
        assert sorted(found(pool, words(form))) == meant


_PHRASES = [
    ("the open access movement", "open access", True),
    ("the access is open", "open access", False),
    ("open. Access", "open access", True),
    ("open_access", "open access", True),
    ("l’accès ouvert", "accès ouvert", True),
    ("museums collection", "museum collections", True),
]


def test_a_phrase_is_words_in_order(pool: Any) -> None:
    for text, wanted, matches in _PHRASES:
        item = pool.item("Titre", text=text)
        assert (item in found(pool, words(wanted))) is matches, (text, wanted)


def test_a_phrase_never_spans_title_and_text_or_two_notes(pool: Any) -> None:
    item = pool.item("The museum", text="opens its doors")
    pool.comment(item, "très beau")
    pool.comment(item, "livre rare")
    pool.tag(item, "carte", "postale")
    for phrase in ("museum opens", "beau livre", "rare carte", "carte postale"):
        assert found(pool, words(phrase)) == []


def test_comments_and_tags_are_searched_as_they_are_now(pool: Any) -> None:
    item = pool.item("Titre")
    number = pool.comment(item, "À lire *absolument*")
    pool.tag(item, "Médiation culturelle")
    assert found(pool, words("absolument")) == found(pool, words("mediation culturelle")) == [item]
    with pool.db.read() as conn:
        now = marks.marks_of(conn, [item])[item]
    assert now.comments == (number,)
    pool.mark(item, type(now)())
    assert found(pool, words("absolument")) == found(pool, words("culturelle")) == []


def test_a_title_is_searched_apart(pool: Any) -> None:
    in_title = pool.item("Musées ouverts")
    in_text = pool.item("Titre", text="les musées ouverts")
    assert found(pool, Match(Field.TITLE, "Musée")) == [in_title]
    assert found(pool, Match(Field.TITLE, "musées ouverts")) == [in_title]
    assert found(pool, words("musées")) == [in_text, in_title]
    assert found(pool, Match(Field.TITLE, "?!")) == []


def test_no_character_of_a_value_is_special(pool: Any) -> None:
    """I10: wildcards and quotes are letters like others."""
    pool.item("Titre", authors=("Zoé",), url="https://site.example/path", text="text")
    source = pool.source("Une source")
    pool.collect(source, pool.draft())
    for field in Field:
        for value in ["%", "_", "\\", "'", '"', "a'b", "%s", ":x", "/"]:
            expected = 2 if value == "/" and field is Field.URL else 0
            assert len(found(pool, Match(field, value))) == expected, (field, value)


def test_wildcards_match_themselves(pool: Any) -> None:
    """I10."""
    item = pool.item(authors=("100%_sûr",), url="https://site.example/a_b%20c")
    pool.item(authors=("100 sûrs",), url="https://site.example/aXbY20c")
    assert found(pool, Match(Field.AUTHOR, "100%_sur")) == [item]
    assert found(pool, Match(Field.URL, "A_B%20C")) == [item]


def test_fields(pool: Any) -> None:
    bnf = pool.source("Bibliothèque nationale", categories=("Bibliothèques", "À lire"))
    moma = pool.source("MoMA", url="https://moma.example/feed", key="moma.example/feed")
    one, two = pool.collect(
        bnf,
        pool.draft("Un", authors=("Zoé Ünal", "Luc"), language="fr-CA"),
        pool.draft("Deux", authors=("Ann",), language="fr"),
    )
    (three,) = pool.collect(moma, pool.draft("Trois", language="fro"))
    pool.tag(one, "Médiation culturelle")
    assert found(pool, Match(Field.TAG, "mediation-culturelle")) == [one]
    assert found(pool, Match(Field.SOURCE, "bibliotheque")) == [two, one]
    assert found(pool, Match(Field.SOURCE, str(moma.id))) == [three]
    assert found(pool, Match(Field.SOURCE, "https://moma.example/feed")) == [three]
    assert found(pool, Match(Field.CATEGORY, "a-lire")) == [two, one]
    assert found(pool, Match(Field.AUTHOR, "unal")) == [one]
    assert found(pool, Match(Field.LANG, "FR")) == [two, one]
    assert found(pool, Match(Field.TITLE, "trois")) == [three]


def test_by_finds_whatever_a_curator_touched(pool: Any) -> None:
    logged, kept, commented, _ = pool.items(4)
    pool.event(Action.SKIP, by="Zoé", item=logged)
    pool.event(Action.SOURCE_ADD, by="Zoé")
    pool.keep(kept, by="Zoé")
    pool.comment(commented, "…", by="Zoé")
    assert found(pool, Match(Field.BY, "zoe")) == [commented, kept, logged]
    assert len(found(pool, Not(Match(Field.BY, "zoe")))) == 1


def test_status_and_edition(pool: Any) -> None:
    public, drafted, blurbed, other = pool.items(4)
    pool.keep(public)
    pool.mark(other, type(marks_of(pool, other))(state=ItemState.SKIPPED))
    pool.comment(drafted, "interne")
    pool.comment(blurbed, "pour vous", blurb=True)
    with pool.db.write() as conn:
        digest = editions.create_digest(
            conn, slug="five-links", title="Cinq", links=5, every=Every.MONTH, locale="fr",
            query=None, at=NOW,
        )  # fmt: skip
        first = editions.create(conn, digest, "2026-10", at=NOW)
        second = editions.create(conn, digest, "2026-11", at=NOW)
        editions.set_picks(conn, first.id, [PickDraft(item=public)])
        editions.set_picks(conn, second.id, [PickDraft(item=drafted)])
        conn.execute(
            edition_table.update()
            .where(edition_table.c.id == first.id)
            .values(state=EditionState.SENT)
        )
    assert found(pool, Is(Status.PUBLISHED)) == [public]
    assert found(pool, Not(Is(Status.PUBLISHED))) == [other, blurbed, drafted]
    assert found(pool, Is(Status.COMMENTED)) == [blurbed, drafted]
    assert found(pool, Is(Status.BLURBED)) == [blurbed]
    assert found(pool, Is(Status.KEPT)) == [public]
    assert found(pool, Is(Status.SKIPPED)) == [other]
    assert found(pool, Is(Status.INBOX)) == [blurbed, drafted]
    assert found(pool, Match(Field.EDITION, "five-links")) == [drafted, public]
    assert found(pool, Match(Field.EDITION, "five-links/1")) == [public]
    assert found(pool, Match(Field.EDITION, "five-links/x")) == []
    assert found(pool, Match(Field.EDITION, "other/1")) == []


def marks_of(pool: Any, item: int) -> Any:
    with pool.db.read() as conn:
        return marks.marks_of(conn, [item])[item]


def test_dates(pool: Any) -> None:
    october = pool.item(published=datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC))
    november = pool.item(published=datetime(2026, 10, 31, 23, 0, tzinfo=UTC))
    undated = pool.item(published=None)
    start = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    assert found(pool, Within(Instant.PUBLISHED, start, None)) == [november]
    assert found(pool, Within(Instant.PUBLISHED, None, start)) == [october]
    assert found(pool, Within(Instant.PUBLISHED, None, None)) == [november, october]
    assert found(pool, Not(Within(Instant.PUBLISHED, start, None))) == [undated, october]
    assert len(found(pool, Within(Instant.COLLECTED, None, NOW))) == 3
    assert found(pool, Within(Instant.COLLECTED, NOW, None)) == []


def test_age_counts_from_the_instant_items_are_sorted_by(pool: Any) -> None:
    old = pool.item(order=NOW - timedelta(days=8), published=NOW)
    young = pool.item(order=NOW - timedelta(days=6))
    assert found(pool, Age(timedelta(days=7), younger=True)) == [young]
    assert found(pool, Age(timedelta(days=7), younger=False)) == [old]


def test_orders(pool: Any) -> None:
    zebra = pool.source("Zèbre")
    apple = pool.source("abricot")
    (one,) = pool.collect(zebra, pool.draft("Été", order=NOW))
    (two,) = pool.collect(apple, pool.draft("école", order=NOW))
    three = pool.item("Zoo", order=NOW - timedelta(days=1))
    assert found(pool, EVERYTHING) == [two, one, three]
    assert found(pool, EVERYTHING, sort=Sort.OLDEST) == [three, one, two]
    assert found(pool, EVERYTHING, sort=Sort.COLLECTED) == [three, two, one]
    assert found(pool, EVERYTHING, sort=Sort.TITLE) == [two, one, three]
    assert found(pool, EVERYTHING, sort=Sort.SOURCE) == [two, one, three]
    assert found(pool, EVERYTHING, limit=2) == [two, one]
    with pool.db.read() as conn:
        assert items.count(conn, EVERYTHING, NOW) == 3


def test_a_first_page_of_a_common_word_is_the_first_page_of_all(
    pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shortcut for common words gives what the long way gives."""
    monkeypatch.setattr(searching, "_COMMON", 5)
    monkeypatch.setattr(searching, "_WINDOW", 30)
    source = pool.source()
    pool.collect(source, *(pool.draft(text="musée" if n % 3 else "ville") for n in range(40)))
    pool.tag(found(pool, words("musée"))[3], "ville")
    for query in (words("musée"), words("ville"), And((words("musée"), Not(words("ville"))))):
        everything = found(pool, query)
        assert len(everything) > 10
        assert found(pool, query, limit=7) == everything[:7]
        assert found(pool, query, limit=1000) == everything


def test_a_word_of_the_title_alone_on_a_first_page(pool: Any) -> None:
    pool.collect(pool.source(), *(pool.draft("Le musée") for _ in range(5)))
    query = Match(Field.TITLE, "musée")
    assert found(pool, query, limit=2) == found(pool, query)[:2]


def test_a_tag_and_more(pool: Any) -> None:
    one, two, three = pool.items(3)
    pool.tag(one, "a", "b")
    pool.tag(two, "a")
    pool.tag(three, "b")
    pool.keep(two)
    tagged = Match(Field.TAG, "A")
    assert found(pool, tagged, limit=1) == [two]
    assert found(pool, And((tagged, Match(Field.TAG, "b")))) == [one]
    assert found(pool, And((tagged, Is(Status.KEPT)))) == [two]
    assert found(pool, And((tagged, Not(tagged)))) == []
    assert found(pool, Or((tagged, Match(Field.TAG, "b")))) == [three, two, one]
    assert found(pool, Match(Field.TAG, "nothing")) == []


# A small pool in which every leaf of a tree is true of some items and false of others.
_LEAVES: list[Query] = [
    Words(("musee",)),
    Words(("open", "access")),
    Match(Field.TAG, "x"),
    Match(Field.TAG, "y"),
    Match(Field.LANG, "fr"),
    Match(Field.TITLE, "musée"),
    Is(Status.KEPT),
    Is(Status.COMMENTED),
    Within(Instant.PUBLISHED, NOW - timedelta(days=2), None),
]
_TREES = st.recursive(
    st.sampled_from(_LEAVES),
    lambda parts: st.one_of(
        parts.map(Not),
        st.lists(parts, max_size=3).map(lambda some: And(tuple(some))),
        st.lists(parts, max_size=3).map(lambda some: Or(tuple(some))),
    ),
    max_leaves=8,
)


@pytest.fixture
def small_pool(pool: Any) -> tuple[Any, list[int], dict[Query, set[int]]]:
    """Twelve items, and which of them each leaf is true of."""
    true: dict[Query, set[int]] = {leaf: set() for leaf in _LEAVES}
    everyone = []
    for number in range(12):
        flags = [bool((number * 37 + 11) >> bit & 1) for bit in range(len(_LEAVES))]
        item = pool.item(
            "Le musée" if flags[5] else "La ville",
            text=" ".join(
                ["musées" * flags[0], "open access" if flags[1] else "access open", "reste"]
            ),
            language="fr" if flags[4] else (None if number % 2 else "en"),
            published=NOW if flags[8] else (None if number % 2 else NOW - timedelta(days=9)),
        )
        everyone.append(item)
        pool.tag(item, *["X"] * flags[2], *["y"] * flags[3])
        if flags[6]:
            pool.keep(item)
        if flags[7]:
            pool.comment(item, "vu")
        for leaf, flag in zip(_LEAVES, flags, strict=True):
            if flag or (leaf == _LEAVES[0] and flags[5]):
                true[leaf].add(item)
    return pool, everyone, true


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(tree=_TREES, limit=st.one_of(st.none(), st.integers(1, 5)))
def test_a_tree_means_what_it_says(
    small_pool: Any, monkeypatch: pytest.MonkeyPatch, tree: Query, limit: int | None
) -> None:
    """NOT, OR, AND and parentheses, against a reading of the tree in Python."""
    pool, everyone, true = small_pool
    monkeypatch.setattr(searching, "_COMMON", 2)
    monkeypatch.setattr(searching, "_WINDOW", 6)

    def matches(query: Query, item: int) -> bool:
        match query:
            case Not(part):
                return not matches(part, item)
            case And(parts):
                return all(matches(part, item) for part in parts)
            case Or(parts):
                return any(matches(part, item) for part in parts)
            case _:
                return item in true[query]

    expected = [item for item in reversed(everyone) if matches(tree, item)]
    assert found(pool, tree, limit=limit) == expected[:limit]
    with pool.db.read() as conn:
        assert items.count(conn, tree, NOW) == len(expected)
        among = everyone[::2]
        asked = reasons.Pool(conn, among, now=NOW)
        for query in (tree, Not(tree), tree):  # what was looked up once is not looked up again
            for spread in (0, reasons._SPREAD):  # one by one, and off a piece of the index
                monkeypatch.setattr(reasons, "_SPREAD", spread)
                hits = {hit.item for hit in reasons.hits(conn, query, among[::-1], now=NOW)}
                assert asked.matching(query) == hits


_WORD = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_categories=["Cs", "Cc"]),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=st.lists(_WORD, min_size=1, max_size=4).map(" ".join))
def test_what_is_stored_is_found(db: Any, pool: Any, text: str) -> None:
    """Any text, in Latin letters at least, is found by its own words on both databases."""
    wanted = fulltext.words(text)
    item = pool.item("Titre", text=text)
    if wanted:
        assert item in found(pool, Words(tuple(wanted)), limit=1)
        assert all(item in found(pool, Words((word,)), limit=1) for word in wanted)
