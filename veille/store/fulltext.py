"""The full-text index: what is put in, on either database.

The words are the same on both: text is folded (:func:`veille.model.text.fold`), cut at everything
that is neither letter nor digit, and stemmed by Porter's algorithm, but for words of which it would
make another: été is not et, nor îles il, nor Inès in. Those end in a digit, which no stemmer touches. On
SQLite the tokeniser does the cutting; PostgreSQL's own parser would see addresses, paths and hyphenated
words, so it is given words that were cut here. New rows come in bulk at the end of a transaction: triggers
are eight times slower.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, delete, func, select

from veille.model.text import fold
from veille.store.bulk import chunks
from veille.store.tables.marks import comment, item_tag, tag
from veille.store.tables.pool import item, item_text
from veille.store.tables.search import item_search, note_fts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A tsvector holds 16 383 positions: what lies beyond in a very long text is not searched.
INDEXED = 100_000
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
# What most French and English texts have beyond Latin-1, but for œ.
_PUNCTUATION = "’‘“”…–—"
_UNKNOWN = b"?"
# A vowel, a consonant, an e, and the forms of such words: été, îles, used, using, useful.
_MISTAKEN = re.compile("([aeiouy][b-df-hj-np-tv-z])(?:e(?:[sd]|ful(?:ness)?)?|ing)")
_YOU_ARE = "etes"  # as often as French says it, no search for summer may find it
# SQLite stems no word of one or two letters; snowball's porter makes "a" of "as".
_MISTAKEN_BY_SNOWBALL = re.compile("(?:[a-z0-9]?s|[aeiou]?y)0*")
# Those words among others with spaces between them. It begins with what is quickly looked for.
_MISTAKEN_IN_PLAIN = re.compile(f" (?:{_MISTAKEN.pattern}|{_YOU_ARE})(?= )")
# What Porter added to his algorithm later, and doubled letters: SQLite's stemmer knows them, snowball's
# porter does not. X stands for letters that a vowel and a consonant are among, "m > 0" in his paper.
_X = "(?:.*(?:[aeiou][^aeiou]|[^aeiou]y[^aeiou]).*)"
_LATER = (
    (re.compile(f"({_X}bl)(?:y|i|ies)"), r"\1e"),  # possibly, assemblies
    (re.compile(f"({_X}log)(?:y|i|ies)"), r"\1"),  # psychology
    (re.compile(r"(.*(?:[aeiou]|.y).*([chjkqvwx]))\2(?:ed|ing)s?"), r"\1"),  # trekking
    (re.compile("(e)eds?|(ie|sse)s"), r"\1\2"),
)
_NO_WORD = re.compile(r"[\W_]")
_WORD = re.compile(r"[^\W_]+")

# On PostgreSQL title and text (comments and tags) are kept apart by a lexeme that no word can be, so
# that no phrase spans both.
_ADD = (
    "INSERT INTO item_search (document, item_id) VALUES (setweight(to_tsvector('veille', %s), 'A') "
    "|| '''-'':1'::tsvector || to_tsvector('veille', %s), %s)"
)
_REPLACE = (
    "UPDATE item_search SET document = setweight(to_tsvector('veille', %s), 'A') "
    "|| '''-'':1'::tsvector || to_tsvector('veille', %s) WHERE item_id = %s"
)
_NOTES = (
    "UPDATE item_search SET notes = to_tsvector('veille', %s) "
    "|| '''-'':1'::tsvector || to_tsvector('veille', %s) WHERE item_id = %s"
)


class Document(NamedTuple):
    """The words of an item itself."""

    item: int
    title: str
    text: str


@lru_cache(maxsize=65_536)
def _folded(run: str) -> str:
    return fold(run)


def folded(text: str) -> str:
    """:func:`~veille.model.text.fold`, fast where most of a text is ASCII.

    Folding works character by character, so only what is beyond ASCII needs to pass through it.
    """
    return _BEYOND_ASCII.sub(lambda run: _folded(run[0]), text).lower()


def words(text: str) -> list[str]:
    """The words of a text as they are searched: folded, letters and digits only."""
    return _WORD.findall(folded(text[:INDEXED]))


def for_tokeniser(words: Iterable[str]) -> list[str]:
    """Words as SQLite is asked for them: those its stemmer would take for others end in a digit."""
    return [_marked(word) or word for word in words]


def for_stemmer(words: Iterable[str]) -> list[str]:
    """The same for PostgreSQL's stemmer, which is to make of each word what SQLite's does."""
    return list(map(_stemmable, words))


@lru_cache(maxsize=65_536)
def _marked(word: str) -> str:
    """A word that stemmers mistake, in the form in which they leave it alone; else nothing."""
    if word == _YOU_ARE:
        return f"{_YOU_ARE}0"
    found = _MISTAKEN.fullmatch(word)
    return f"{found[1]}e0" if found else ""


@lru_cache(maxsize=65_536)
def _stemmable(word: str) -> str:
    if marked := _marked(word):
        return marked
    if _MISTAKEN_BY_SNOWBALL.fullmatch(word):
        return f"{word}0"
    for ending, written in _LATER:
        if found := ending.fullmatch(word):
            return found.expand(written)
    return word


@lru_cache(maxsize=65_536)
def _cut(run: str) -> str:
    return _NO_WORD.sub(" ", fold(run))


def _for_tokeniser(text: str) -> str:
    """The words of a text as SQLite's tokeniser is given them.

    It would fold and cut by itself, but by Unicode 6.1, and takes a newer emoji for a letter of the
    word beside it.
    """
    text = text[:INDEXED]
    plain = _plain(text)
    if plain is None:
        plain = _plain(_BEYOND_ASCII.sub(lambda run: _cut(run[0]), text))
    if plain is None:
        return " ".join(for_tokeniser(words(text)))
    return _MISTAKEN_IN_PLAIN.sub(lambda word: f" {_marked(word[0][1:])}", f" {plain} ")


def _plain(text: str) -> str | None:
    """The words of a text in ASCII with spaces between them, if that is a matter of single letters.

    So it is for most texts, and then a table of bytes does in four microseconds what takes
    :func:`words` fifty.
    """
    for mark in _PUNCTUATION:
        text = text.replace(mark, " ")
    try:
        plain = text.replace("œ", "oe").encode("latin-1").translate(_plain_letters())
    except UnicodeEncodeError:
        return None
    return None if _UNKNOWN in plain else plain.decode("ascii")


@cache  # and not made by commands that index nothing
def _plain_letters() -> bytes:
    letters = (_cut(chr(byte)).encode() for byte in range(256))
    return b"".join(letter if len(letter) == 1 else _UNKNOWN for letter in letters)


def add(conn: Connection, documents: Sequence[Document]) -> None:
    """Index items that are new."""
    if conn.dialect.name == "sqlite":
        _sqlite(conn, "INSERT INTO item_fts(rowid, title, text) VALUES (?, ?, ?)", documents)
    else:
        _postgresql(conn, _ADD, documents)


def replace(conn: Connection, old: Sequence[Document], new: Sequence[Document]) -> None:
    """Index items that changed. ``old`` is what they were indexed with: SQLite needs it."""
    if conn.dialect.name == "sqlite":
        _forget(conn, old)
        add(conn, new)
    else:
        _postgresql(conn, _REPLACE, new)


def remove(conn: Connection, ids: Sequence[int]) -> None:
    """Take items out of the index before they are deleted."""
    for part in chunks(ids):
        if conn.dialect.name == "sqlite":
            _forget(conn, documents(conn, part))
            conn.execute(delete(note_fts).where(note_fts.c.rowid.in_(part)))
        else:
            conn.execute(delete(item_search).where(item_search.c.item_id.in_(part)))


def documents(conn: Connection, ids: Sequence[int]) -> list[Document]:
    """What these items are indexed with, as stored now."""
    rows = conn.execute(
        select(item.c.id, item.c.title, func.coalesce(item_text.c.text, ""))
        .outerjoin_from(item, item_text)
        .where(item.c.id.in_(ids))
    )
    return [Document(*row) for row in rows]


def index_notes(conn: Connection, ids: Sequence[int]) -> None:
    """Index the comments and tags of items as they are now."""
    for part in chunks(ids):
        _index_notes(conn, part)


def is_missing(conn: Connection) -> bool:
    """Whether a database file has items and no index, as a copy of a server's has."""
    indexed = conn.exec_driver_sql("SELECT 1 FROM item_fts_docsize LIMIT 1").first()
    return indexed is None and conn.scalar(select(item.c.id).limit(1)) is not None


def rebuild(conn: Connection) -> None:
    """Index everything again, from the tables."""
    if conn.dialect.name == "sqlite":
        conn.exec_driver_sql("INSERT INTO item_fts(item_fts) VALUES ('delete-all')")
        conn.execute(delete(note_fts))
    else:
        conn.execute(delete(item_search))
    ids = list(conn.scalars(select(item.c.id)))
    for part in chunks(ids, 1000):
        add(conn, documents(conn, part))
        _index_notes(conn, _noted(conn, part))  # few: a row that is written twice costs twice


def _noted(conn: Connection, ids: Sequence[int]) -> list[int]:
    """Those of the items that have comments or tags."""
    found: set[int] = set()
    for column in (item_tag.c.item_id, comment.c.item_id):
        found.update(conn.scalars(select(column).where(column.in_(ids))))
    return sorted(found)


def _index_notes(conn: Connection, ids: Sequence[int]) -> None:
    tags = _gathered(
        conn.execute(
            select(item_tag.c.item_id, tag.c.name).join(tag).where(item_tag.c.item_id.in_(ids))
        )
    )
    comments = _gathered(
        conn.execute(
            select(comment.c.item_id, comment.c.text).where(
                comment.c.item_id.in_(ids), comment.c.withdrawn.is_(None)
            )
        )
    )
    rows = [(comments.get(key, ""), tags.get(key, ""), key) for key in ids]
    if conn.dialect.name == "sqlite":
        conn.execute(delete(note_fts).where(note_fts.c.rowid.in_(ids)))
        filled = [
            (_for_tokeniser(first), _for_tokeniser(second), key)
            for first, second, key in rows
            if first or second
        ]
        statement = "INSERT INTO note_fts(comments, tags, rowid) VALUES (?, ?, ?)"
    else:
        filled = [(_for_stemmer(one), _for_stemmer(two), key) for one, two, key in rows]
        statement = _NOTES
    if filled:
        conn.exec_driver_sql(statement, filled)


# Between two comments, or two tags: nothing anybody searches for, so that phrases end there.
_GAP = " veillegap "


def _gathered(rows: Iterable[tuple[int, str]]) -> dict[int, str]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for key, text in rows:
        found[key].append(text)
    return {key: _GAP.join(texts) for key, texts in found.items()}


def _forget(conn: Connection, old: Sequence[Document]) -> None:
    _sqlite(
        conn,
        "INSERT INTO item_fts(item_fts, rowid, title, text) VALUES ('delete', ?, ?, ?)",
        old,
    )


def _for_stemmer(text: str) -> str:
    return " ".join(for_stemmer(words(text)))


def _sqlite(conn: Connection, statement: str, rows: Sequence[Document]) -> None:
    if rows:
        conn.exec_driver_sql(
            statement,
            [(row.item, _for_tokeniser(row.title), _for_tokeniser(row.text)) for row in rows],
        )


def _postgresql(conn: Connection, statement: str, rows: Sequence[Document]) -> None:
    if rows:
        conn.exec_driver_sql(
            statement,
            [(_for_stemmer(row.title), _for_stemmer(row.text), row.item) for row in rows],
        )
