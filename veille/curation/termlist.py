"""A thesaurus as a table: one term a line, in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.errors import UsageError
from veille.model import spreadsheet
from veille.model.text import one_line, tag_key
from veille.model.thesaurus import Term

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = ("term", "synonyms", "broader", "note", "fr", "en")
_KNOWN = {
    "term": ("term", "terme", "concept", "preferred", "descripteur", "tag"),
    "synonyms": ("synonyms", "synonymes", "used-for", "employe-pour", "ep"),
    "broader": ("broader", "generique", "terme-generique", "tg", "bt"),
    "note": ("note", "scope-note", "note-d'application", "na", "sn"),
    "fr": ("fr", "francais", "french"),
    "en": ("en", "anglais", "english"),
}


def to_csv(terms: Sequence[Term]) -> str:
    """The terms as CSV; synonyms in one cell, commas between them."""
    rows = [
        {
            "term": term.name,
            "synonyms": ", ".join(term.synonyms),
            "broader": term.broader,
            "note": term.note,
            "fr": term.fr,
            "en": term.en,
        }
        for term in terms
    ]
    return spreadsheet.written(COLUMNS, rows)


def from_csv(data: bytes) -> list[Term]:
    """The terms of a table, as it says them; the first line names the columns, in any order.

    Raises :class:`~veille.errors.UsageError` when there is no column of terms, or no CSV.
    """
    try:
        lines = list(spreadsheet.read(data))
    except ValueError as error:
        raise UsageError(str(error)) from error
    if not lines:
        raise UsageError("the file is empty: it needs a line of names and one term a line")
    columns = _columns(lines[0][1])
    if "term" not in columns:
        raise UsageError(
            f"the file has no column 'term': its first line names {', '.join(COLUMNS)}"
        )
    return [term for _, cells in lines[1:] if (term := _term(cells, columns)).name]


def _columns(first: Sequence[str]) -> dict[str, int]:
    names = [tag_key(cell) for cell in first]
    return {
        column: names.index(found)
        for column, known in _KNOWN.items()
        if (found := next((name for name in known if name in names), None)) is not None
    }


def _term(cells: Sequence[str], columns: dict[str, int]) -> Term:
    def cell(column: str) -> str:
        at = columns.get(column, len(cells))
        return spreadsheet.plain(one_line(cells[at])) if at < len(cells) else ""

    words = (word.strip(" ") for word in cell("synonyms").split(","))
    return Term(
        name=cell("term"),
        synonyms=tuple(filter(None, words)),
        broader=cell("broader") or None,
        note=cell("note") or None,
        fr=cell("fr") or None,
        en=cell("en") or None,
    )
