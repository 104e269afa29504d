"""References as RIS (through rispy) and BibTeX (through bibtexparser), in UTF-8.

RIS after the Research Information Systems specification of 2011; BibTeX with the fields of biblatex
(its manual, section 2.2), which reference managers read as well.
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from veille.delivery.exports.references import references
from veille.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from veille.delivery.exports.references import Reference
    from veille.model.item import Item

_RIS_TYPES = {"article-journal": "JOUR", "article": "UNPB", "webpage": "ELEC"}
_BIBTEX_TYPES = {"article-journal": "article", "article": "misc", "webpage": "online"}
# What TeX would obey (The TeXbook, chapter 7).
_SPECIAL = str.maketrans(
    {char: f"\\{char}" for char in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
)
_ODD = {r"\{": r"\textbraceleft{}", r"\}": r"\textbraceright{}"}


def ris(items: Iterable[Item]) -> str:
    """The items as RIS. Raises UsageError when the extra is not installed."""
    try:
        from rispy import RisWriter
    except ImportError as error:
        raise _missing() from error

    class Writer(RisWriter):  # type: ignore[misc]  # rispy publishes no types
        """A blank line between references, and no numbers, which some programs take for text."""

        def set_header(self, count: int) -> str:  # noqa: ARG002  rispy's signature
            return ""

    writer = Writer(enforce_list_tags=False)
    return str(writer.formats([_as_ris(one) for one in references(items)])).lstrip("\n")


def bibtex(items: Iterable[Item]) -> str:
    """The items as BibTeX. Raises UsageError when the extra is not installed."""
    try:
        from bibtexparser.entrypoint import write_string
        from bibtexparser.library import Library
        from bibtexparser.model import Block, Entry, Field
    except ImportError as error:
        raise _missing() from error
    entries: list[Block] = [
        Entry(
            entry_type=_BIBTEX_TYPES[one["type"]],
            key=one["id"],
            fields=[Field(key=name, value=value) for name, value in _as_bibtex(one).items()],
        )
        for one in references(items)
    ]
    return str(write_string(Library(entries)))


def _missing() -> UsageError:
    return UsageError("RIS and BibTeX need the extra 'citations': pip install 'veille[citations]'")


def _as_ris(one: Reference) -> dict[str, Any]:
    fields = {
        "type_of_reference": _RIS_TYPES[one["type"]],
        "id": one["id"],
        "authors": [_written(author) for author in one.get("author", ())],
        "title": one["title"],
        "secondary_title": one.get("container-title"),
        "year": _day(one, "issued")[:4],
        "date": _day(one, "issued").replace("-", "/"),
        "access_date": _day(one, "accessed").replace("-", "/"),
        "doi": one.get("DOI"),
        "issn": one.get("ISBN"),  # SN holds both
        "accession_number": one.get("PMID") or one.get("archive_location"),
        "name_of_database": one.get("archive"),
        "language": one.get("language"),
        "abstract": _folded(one.get("abstract")),
        "notes": [_folded(one["note"])] if "note" in one else [],
        "keywords": one["keyword"].split(", ") if "keyword" in one else [],
        "urls": [one["URL"]] if "URL" in one else [],
    }
    return {name: value for name, value in fields.items() if value}


def _as_bibtex(one: Reference) -> dict[str, str]:
    prose = {
        "author": " and ".join(map(_one_name, one.get("author", ()))),
        "title": _for_tex(one["title"]),
        _container(one): _for_tex(one.get("container-title", "")),
        "keywords": _for_tex(one.get("keyword", "")),
        "abstract": _for_tex(one.get("abstract", "")),
        "annotation": _for_tex(one.get("note", "")),
    }
    verbatim = {
        "date": _day(one, "issued"),
        "url": one.get("URL", ""),
        "urldate": _day(one, "accessed"),
        "doi": one.get("DOI", ""),
        "isbn": one.get("ISBN", ""),
        "eprinttype": one.get("archive", "").lower() or ("pubmed" if "PMID" in one else ""),
        "eprint": one.get("archive_location") or one.get("PMID", ""),
        "langid": {"fr": "french", "en": "english"}.get(one.get("language", "")[:2], ""),
    }
    return {name: value for name, value in (prose | verbatim).items() if value}


def _container(one: Reference) -> str:
    return "journaltitle" if one["type"] == "article-journal" else "organization"


def _written(author: dict[str, str]) -> str:
    return author.get("literal") or f"{author['family']}, {author['given']}"


def _day(one: Reference, field: str) -> str:
    if field not in one:
        return ""
    year, month, day = one[field]["date-parts"][0]
    return f"{year:04}-{month:02}-{day:02}"


def _folded(text: str | None) -> str:
    """On one line: a line of RIS ends its field."""
    return " ".join(text.split("\n")) if text else ""


def _one_name(author: dict[str, str]) -> str:
    """Within braces when BibTeX would see two names, as in "Victoria and Albert Museum"."""
    name = _for_tex(_written(author))
    return f"{{{name}}}" if " and " in name else name


def _for_tex(text: str) -> str:
    """BibTeX counts braces, a backslash before them or not: an odd one would swallow what follows."""
    written = text.translate(_SPECIAL)
    if not _in_pairs(text):
        for brace, command in _ODD.items():
            written = written.replace(brace, command)
    return written


def _in_pairs(text: str) -> bool:
    depths = list(accumulate((char == "{") - (char == "}") for char in text))
    return not depths or (depths[-1] == 0 and min(depths) == 0)
