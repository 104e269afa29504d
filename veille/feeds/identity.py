"""What tells one entry from another: within its feed by a key, across feeds by its address (pure).

A key is a letter that says what it is made of, a colon, and that: ``g:`` guid, ``gl:`` guid and
link, ``l:`` link, ``lt:`` link and title, ``h:`` a hash. The order of trust is the source's
:class:`~veille.model.source.Identity`, remembered once a feed proved that its guids, or its links,
do not tell its entries apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from veille.feeds import urls
from veille.model.changes import within
from veille.model.states import Identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from veille.model.fetched import Entry, Parsed
    from veille.model.identifier import Identifier
    from veille.model.source import Source

_TOLERATED = 0.05  # of the entries of a feed may have a blank or repeated guid
_MAX_KEY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """An entry with all that may identify it.

    ``keys`` are its possible keys within the source, the preferred one first; those that an other
    entry of the document has too are in ``shared``. ``url_key`` is None when the link is no
    identity: the site's own home page, or one page for several entries; ``named`` then are the names
    that outlive its source. ``identifiers`` are those that no other entry of the document claims.
    """

    entry: Entry
    url: str | None
    url_key: str | None
    identifiers: tuple[Identifier, ...]
    keys: tuple[str, ...]
    shared: frozenset[str]
    hash: str
    named: tuple[str, ...] = ()

    @property
    def everywhere(self) -> tuple[str, ...]:
        """What it may be known by from any source: its identifiers before its address.

        Without an address, by what it was in this source, should that have been removed before.
        """
        address = (self.url_key,) if self.url_key is not None else self.named
        return (*(one.key for one in self.identifiers), *address)


@lru_cache(maxsize=1)  # asked twice for each document: which addresses to look up, then what is new
def identify(source: Source, parsed: Parsed) -> tuple[Identity, tuple[Identified, ...]]:
    """The entries of a document, each once, and what its source is read by from now on."""
    host = urls.host_of(source.url)
    addressed = _distinct([_Addressed.of(entry, host) for entry in parsed.entries])
    links = Counter(one.link_key for one in addressed if one.link_key)
    homes = _homes(source, parsed)
    chosen = _identity(source.identity, addressed)
    guids = Counter(one.entry.guid for one in addressed if one.entry.guid)
    works = Counter(work for one in addressed for work in one.entry.identifiers)
    made = [_keys(one, chosen, homes, guids) for one in addressed]
    counted = Counter(key for keys in made for key in set(keys))
    found: dict[str, Identified] = {}
    for one, keys in zip(addressed, made, strict=True):
        alone = one.link_key is not None and links[one.link_key] == 1 and one.link_key not in homes
        identified = Identified(
            entry=one.entry,
            url=one.url(alone=alone or one.link_key in homes),
            url_key=one.link_key if alone else None,
            identifiers=tuple(work for work in one.entry.identifiers if works[work] == 1),
            keys=keys,
            shared=frozenset(key for key in keys if counted[key] > 1),
            hash=one.hash,
            named=()
            if alone
            else tuple(within(source.key, key) for key in keys if counted[key] == 1),
        )
        other = found.get(keys[0])
        if other is None or _age(identified) > _age(other):
            found[keys[0]] = identified
    return chosen, tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Addressed:
    entry: Entry
    canonical: str | None
    link_key: str | None
    hash: str
    site_host: str

    @classmethod
    def of(cls, entry: Entry, host: str) -> _Addressed:
        link = urls.without_credentials(entry.link) if entry.link else None
        canonical = urls.canonical(link, site_host=host) if link else None
        key = urls.key(canonical) if canonical else None
        hashed = entry.known or _hash(entry.title, canonical or "", entry.content)
        return cls(entry, canonical, key, hashed, host)

    def url(self, *, alone: bool) -> str | None:
        """The address shown: with its fragment when the page holds several entries."""
        if alone or self.canonical is None or self.entry.link is None:
            return self.canonical
        link = urls.without_credentials(self.entry.link)
        return urls.canonical(link, site_host=self.site_host, keep_fragment=True)


def _distinct(entries: Iterable[_Addressed]) -> list[_Addressed]:
    """The entries without those that repeat another one word for word, guid included.

    The youngest date stays, whatever their order: it decides between entries that share a key.
    """
    found: dict[tuple[str | None, str], _Addressed] = {}
    for one in entries:
        other = found.setdefault((one.entry.guid, one.hash), one)
        if _instant(one.entry) > _instant(other.entry):
            found[one.entry.guid, one.hash] = one
    return list(found.values())


def _identity(known: Identity, entries: Sequence[_Addressed]) -> Identity:
    """What the source is read by: once a means has failed it is not trusted again."""
    chosen = known
    if chosen is Identity.GUID and _fails(entries, lambda one: one.entry.guid):
        chosen = Identity.LINK
    if chosen is Identity.LINK and _fails(entries, lambda one: one.link_key):
        chosen = Identity.LINK_TITLE
    return chosen


def _fails(entries: Sequence[_Addressed], means: Callable[[_Addressed], str | None]) -> bool:
    """Whether more than 5 % of the entries have none, or one that an earlier entry has."""
    distinct = len({value for one in entries if (value := means(one)) is not None})
    return len(entries) - distinct > _TOLERATED * len(entries)


def _homes(source: Source, parsed: Parsed) -> frozenset[str]:
    """Addresses that are the site's or the feed's own: no story lives there."""
    own = [source.url, source.site, parsed.site]
    found = {urls.canonical(urls.without_credentials(url)) for url in own if url}
    keys = {urls.key(url) for url in found if url}
    return frozenset(keys | {_other_slash(key) for key in keys})


def _other_slash(key: str) -> str:
    return key.removesuffix("/") if key.endswith("/") else f"{key}/"


def _keys(
    one: _Addressed, chosen: Identity, homes: frozenset[str], guids: Counter[str]
) -> tuple[str, ...]:
    """All keys of an entry, the one to store it under first."""
    guid, link = one.entry.guid, one.link_key
    by_guid = _key("g", guid) if guid else None
    by_both = _key("gl", guid, link or one.entry.title) if guid else None
    by_link = _key("l", link) if link and link not in homes else None
    by_title = _key("lt", link or "", one.entry.title)
    by_hash = _key("h", one.hash)
    last = by_title if link or chosen is Identity.LINK_TITLE else by_hash
    guided = (by_both, by_guid) if guid and guids[guid] > 1 else (by_guid, by_both)
    order = {
        Identity.GUID: (*guided, by_link, last),
        Identity.LINK: (by_link, last, *guided),
        Identity.LINK_TITLE: (by_title, by_link, *guided),
    }[chosen]
    return tuple(dict.fromkeys(key for key in order if key))


def _key(kind: str, *parts: str) -> str:
    value = " ".join(parts)
    return f"{kind}:{value}" if len(value) <= _MAX_KEY else f"{kind}:{_hash(value)}"


def _hash(*parts: str) -> str:
    whole = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(whole).hexdigest()[:32]


def _age(one: Identified) -> tuple[str, str, str]:
    """Of two entries with one key the younger is meant, whatever their order in the document."""
    return (_instant(one.entry), one.hash, one.entry.guid or "")


def _instant(entry: Entry) -> str:
    instant = entry.updated or entry.published
    return instant.isoformat() if instant else ""
