"""Items as references: CSL-JSON, the form that citation styles and reference managers read.

The schema is https://resource.citationstyles.org/schema/v1.0/input/json/csl-data.json.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from veille.model.identifier import Scheme
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from veille.model.item import Item

Reference = dict[str, Any]

# What a work is, as far as its identifiers tell; the first that fits.
_TYPES = (
    (Scheme.DOI, "article-journal"),
    (Scheme.PMID, "article-journal"),
    (Scheme.ARXIV, "article"),
    (Scheme.HAL, "article"),
)
_FIELDS = {Scheme.DOI: "DOI", Scheme.PMID: "PMID", Scheme.ISBN: "ISBN"}
_ARCHIVES = {Scheme.ARXIV: "arXiv", Scheme.HAL: "HAL"}
_WORD = re.compile(r"[a-z0-9]+")
_MINOR_WORDS = "a an and au aux ce ces d de des du en et for in l la le les of on ou the to un une"
_MINOR = frozenset(_MINOR_WORDS.split())


def references(items: Iterable[Item]) -> list[Reference]:
    """Each item as a CSL-JSON object, its empty fields left out; ``id`` can be cited in a text."""
    return [_reference(item) for item in items]


def csl_json(items: Iterable[Item]) -> str:
    """The references as one JSON document."""
    return json.dumps(references(items), ensure_ascii=False, indent=2) + "\n"


def _reference(item: Item) -> Reference:
    works = {one.scheme: one.value for one in reversed(item.identifiers)}
    archive = next((scheme for scheme in _ARCHIVES if scheme in works), None)
    fields = {
        "id": _citation_key(item),
        "type": next((kind for scheme, kind in _TYPES if scheme in works), "webpage"),
        "title": item.title,
        "author": [_name(author) for author in item.authors],
        "container-title": item.sources[0].title if item.sources else None,
        "issued": _date(item.published),
        "accessed": _date(item.collected),
        "URL": item.url,
        **{field: works.get(scheme) for scheme, field in _FIELDS.items()},
        "archive": _ARCHIVES[archive] if archive else None,
        "archive_location": works[archive] if archive else None,
        "language": item.language,
        "abstract": item.summary,
        "note": item.blurb.text if item.blurb else None,
        "keyword": ", ".join(item.tags),
    }
    return {name: value for name, value in fields.items() if value}


def _name(author: str) -> dict[str, str]:
    """A name. Which part of "Marie de France" is the family's, nobody can tell from outside."""
    family, comma, given = author.partition(", ")
    return {"family": family, "given": given} if comma and given else {"literal": author}


def _date(value: datetime | None) -> dict[str, Any] | None:
    return {"date-parts": [[value.year, value.month, value.day]]} if value else None


def _citation_key(item: Item) -> str:
    """``durand2026plaques-12``: the item's number makes it unique, and stable when others come."""
    author = item.authors[0] if item.authors else ""
    family = author.partition(",")[0] if "," in author else author.rpartition(" ")[2]
    year = str((item.published or item.collected).year)
    words = _WORD.findall(_ascii(item.title))
    word = next((word for word in words if word not in _MINOR and not word.isdigit()), "")
    return f"{''.join(_WORD.findall(_ascii(family))) or 'anon'}{year}{word[:20]}-{item.id}"


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", fold(text)).encode("ascii", "ignore").decode()
