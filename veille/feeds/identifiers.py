"""Identifiers of works, recognised where something says of itself what it is.

That is a feed's own fields, a guid, the link, a page's metadata; never the text, which cites other
works. Forms: DOI (ISO 26324; the DOI Handbook, section 2.2), arXiv (https://info.arxiv.org/help/arxiv_identifier.html),
HAL, PubMed, ISBN (ISO 2108, with its check digit).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from veille.model.identifier import Identifier, Scheme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST = 500
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s]+")
_DOI_PREFIX = re.compile(r"^(?:doi:|info:doi/)\s*", re.IGNORECASE)
_DOI_IN_PATH = re.compile(r"/(10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s\"<>]+)")
_DOI_HOSTS = frozenset({"doi.org", "dx.doi.org", "www.doi.org"})
_ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|^arxiv:\s*|^oai:arxiv\.org:)"
    r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]+)?(?:\.pdf)?(?:[?#/]|$)",
    re.IGNORECASE,
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+?)(?:v[0-9]+)?", re.IGNORECASE)
_HAL_SITE = re.compile(r"(?:^|\.)(?:hal\.science|archives-ouvertes\.fr)$")
_HAL = re.compile(r"(?:^|[/:])([a-z]{2,12}-[0-9]{8})(?:v[0-9]+)?(?:/.*)?$")
_PMID = re.compile(
    r"(?:^(?:pmid|pubmed):\s*|pubmed\.ncbi\.nlm\.nih\.gov/|ncbi\.nlm\.nih\.gov/pubmed/)"
    r"([1-9][0-9]{0,7})(?:[/?#]|$)",
    re.IGNORECASE,
)
_ISBN = re.compile(r"(?:^(?:urn:)?isbn[:\s]*|/isbn/)([0-9Xx-]{10,17})(?:[/?#]|$)", re.IGNORECASE)
# What publishers put behind a DOI in an address: views of the article, not the article.
_VIEW = re.compile(
    r"(?:\.(?:full|abstract|short|long))?(?:\.pdf)?$|/(?:full|abstract|meta|pdf|epub)$"
)
_PREPRINT_VERSION = re.compile(r"^(10\.1101/.+?)v[0-9]+$")  # of bioRxiv and medRxiv

# Page metadata and what scheme a bare value in it belongs to; None for any that says its own.
_META: Mapping[str, Scheme | None] = {
    "citation_doi": Scheme.DOI,
    "bepress_citation_doi": Scheme.DOI,
    "prism.doi": Scheme.DOI,
    "dc.identifier": None,
    "dc.identifier.doi": Scheme.DOI,
    "citation_arxiv_id": Scheme.ARXIV,
    "citation_pmid": Scheme.PMID,
    "citation_isbn": Scheme.ISBN,
    "book:isbn": Scheme.ISBN,
    "og:isbn": Scheme.ISBN,
}


def of_fields(values: Iterable[str], link: str | None) -> tuple[Identifier, ...]:
    """The identifiers among an entry's own fields (``prism:doi``, ``dc:identifier``, its guid …) and
    in its link; one a scheme, the first, in the order of trust.
    """
    found = [named for value in values if (named := of_text(value))]
    if link and (named := of_url(link)):
        found.append(named)
    return _first_of_each(found)


def of_metadata(values: Iterable[tuple[str, str]]) -> tuple[Identifier, ...]:
    """The identifiers in a page's ``<meta>`` elements, given as (name, content)."""
    found = []
    for name, content in values:
        wanted = name.strip().lower()
        if wanted in _META:
            scheme = _META[wanted]
            named = of_text(content) or (of_text(f"{scheme}:{content.strip()}") if scheme else None)
            found += [named] if named and scheme in (None, named.scheme) else []
    return _first_of_each(found)


def of_text(text: str) -> Identifier | None:
    """What a field says that is nothing but an identifier, in any usual spelling."""
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    if text.lower().startswith(("http://", "https://")):
        return of_url(text)
    return (
        _doi(_DOI_PREFIX.sub("", text)) or _arxiv(text) or _pmid(text) or _isbn(text) or _hal(text)
    )


def of_url(url: str) -> Identifier | None:
    """The identifier that an address is made of: ``/doi/10.…``, ``arxiv.org/abs/…``, …"""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    path = unquote(parts.path)
    place = f"{host}{path}"
    if host in _DOI_HOSTS:
        return _doi(path.lstrip("/"))
    if _HAL_SITE.search(host):
        return _hal(path)
    within = _DOI_IN_PATH.search(path)
    return _arxiv(place) or _pmid(place) or _isbn(path) or (_doi(within[1]) if within else None)


def _first_of_each(found: Iterable[Identifier]) -> tuple[Identifier, ...]:
    kept: dict[Scheme, Identifier] = {}
    for one in found:
        kept.setdefault(one.scheme, one)
    return tuple(kept[scheme] for scheme in Scheme if scheme in kept)


def _doi(text: str) -> Identifier | None:
    """The DOI that a text wholly is; that of a preprint on arXiv is its number there."""
    value = _VIEW.sub("", text.rstrip(".,;:/"))
    value = _PREPRINT_VERSION.sub(r"\1", value).lower()
    if not _DOI.fullmatch(value):
        return None
    preprint = _ARXIV_DOI.fullmatch(value)
    return Identifier(Scheme.ARXIV, preprint[1]) if preprint else Identifier(Scheme.DOI, value)


def _arxiv(text: str) -> Identifier | None:
    found = _ARXIV.search(text)
    return Identifier(Scheme.ARXIV, found[1].lower()) if found else None


def _hal(text: str) -> Identifier | None:
    found = _HAL.search(text.lower())
    return Identifier(Scheme.HAL, found[1]) if found else None


def _pmid(text: str) -> Identifier | None:
    found = _PMID.search(text)
    return Identifier(Scheme.PMID, found[1]) if found else None


def _isbn(text: str) -> Identifier | None:
    found = _ISBN.search(text)
    digits = found[1].replace("-", "").upper() if found else ""
    thirteen = _isbn13(digits)
    return Identifier(Scheme.ISBN, thirteen) if thirteen else None


def _isbn13(digits: str) -> str | None:
    """The thirteen digits of an ISBN, an old one of ten included; None when its check digit is wrong."""
    if re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        values = [10 if char == "X" else int(char) for char in digits]
        if sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11:
            return None
        start = f"978{digits[:9]}"
        return f"{start}{-_weighted(start) % 10}"
    if re.fullmatch(r"97[89][0-9]{10}", digits) and _weighted(digits) % 10 == 0:
        return digits
    return None


def _weighted(digits: str) -> int:
    return sum(int(char) * (3 if place % 2 else 1) for place, char in enumerate(digits))
