"""What of a document is new, changed, or seen again: a decision, taken without doing anything.

The store obeys :class:`~veille.model.changes.Changes`; merging the same document twice changes
nothing the second time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from veille.feeds import language, recall
from veille.feeds.identity import Identified, identify
from veille.model.changes import (
    Changed,
    Changes,
    ItemDraft,
    Known,
    KnownSighting,
    NewItem,
    SeenAgain,
    SightingDraft,
    within,
)
from veille.model.states import ItemState
from veille.model.text import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.model.fetched import Entry, Parsed
    from veille.model.source import Source

MAX_CHANGES = 24  # an entry that changed more often changes by itself: a counter, an advertisement
_AHEAD = timedelta(days=1)


def remembered(source: Source, parsed: Parsed) -> bytes:
    """What to keep of a document's entries, so that they are not read again (pure)."""
    _, entries = identify(source, parsed)
    return recall.remember((one.entry, one.hash) for one in entries)


def is_enough(source: Source, parsed: Parsed, known: Known) -> bool:
    """Whether nothing is wanted of entries that were not read again: the store has them as they are."""
    _, entries = identify(source, parsed)
    return all(
        _is_stored(one, known) or _is_removed(one, source, known)
        for one in entries
        if one.entry.known is not None
    )


def _is_stored(one: Identified, known: Known) -> bool:
    key = _known_key(one, known)
    if key is None:
        return _met(one, known) is not None
    return _is_unchanged(known.sightings[key], one.hash)


def keys_everywhere(source: Source, parsed: Parsed) -> list[str]:
    """What to look up for :class:`~veille.model.changes.Known`, in the document's order."""
    _, entries = identify(source, parsed)
    return [key for one in entries for key in one.everywhere]


def names_of_unknown(source: Source, parsed: Parsed, known: Known) -> list[str]:
    """What to look up for ``Known.removed``: the names of entries that lead to nothing known."""
    _, entries = identify(source, parsed)
    return [
        name
        for one in entries
        if _known_key(one, known) is None and _met(one, known) is None
        for name in _names(one, source, known)
    ]


def _names(one: Identified, source: Source, known: Known) -> list[str]:
    """All that the entry, once removed, would be known by, also before its source moved (H11)."""
    own = [key for key in one.keys if key == one.keys[0] or key not in one.shared]
    sources: tuple[int | str, ...] = (source.id, source.key, *known.former)
    named = [within(by, key) for by in sources for key in own]
    return [*one.everywhere, *named]


def _is_removed(one: Identified, source: Source, known: Known) -> bool:
    return bool(known.removed) and not known.removed.isdisjoint(_names(one, source, known))


def merge(
    source: Source, parsed: Parsed, known: Known, *, now: datetime, first_fetch: int
) -> Changes:
    """What the document changes, given what is ``known`` of its source and of its addresses.

    A known key whose hash differs is a change, at most :data:`MAX_CHANGES` times; one that is not
    the item's first sighting only has its hash noted. An unknown key with a known identifier (a DOI),
    or else a known address, is the same story, seen again. What was removed does not come back. The
    rest is new; on the first fetch of a source, only the newest ``first_fetch`` enter the inbox. A draft's publication date is what the document says: the one
    already stored is not to be replaced by it.
    """
    identity, entries = identify(source, parsed)
    new: list[NewItem] = []
    seen: list[SeenAgain] = []
    changed: list[Changed] = []
    for one in entries:
        key = _known_key(one, known)
        sighting = SightingDraft(key=key or one.keys[0], guid=one.entry.guid, hash=one.hash)
        if key is not None:
            change = _change(one, key, sighting, parsed, known, now)
            changed += [change] if change else []
        elif (met := _met(one, known)) is not None:
            seen.append(SeenAgain(item=met, sighting=sighting, identifiers=one.identifiers))
        elif not _is_removed(one, source, known):
            new.append(NewItem(draft=_draft(one, parsed, now), sighting=sighting))
    if source.last_success is None and not known.sightings:
        new = _as_first_fetch(new, first_fetch)
    return Changes(identity=identity, new=tuple(new), seen=tuple(seen), changed=tuple(changed))


def _known_key(one: Identified, known: Known) -> str | None:
    """The key this source already showed the entry under, be it one it would not get today.

    A key that several entries of the document have says nothing, unless it leads to the item that
    the address leads to.
    """
    for key in one.keys:
        sighting = known.sightings.get(key)
        if sighting is not None and (
            key == one.keys[0] or key not in one.shared or sighting.item == _met(one, known)
        ):
            return key
    return None


def _met(one: Identified, known: Known) -> int | None:
    """The item that the entry's identifiers, or else its address, lead to."""
    return next((known.items[key] for key in one.everywhere if key in known.items), None)


def _change(
    one: Identified,
    key: str,
    sighting: SightingDraft,
    parsed: Parsed,
    known: Known,
    now: datetime,
) -> Changed | None:
    before = known.sightings[key]
    if _is_unchanged(before, one.hash):
        return None
    draft = _draft(one, parsed, now) if before.primary else None
    return Changed(item=before.item, sighting=sighting, draft=draft)


def _is_unchanged(before: KnownSighting, hashed: str) -> bool:
    return before.hash == hashed or before.changes >= MAX_CHANGES


def _draft(one: Identified, parsed: Parsed, now: datetime) -> ItemDraft:
    entry = one.entry
    text = entry.text or entry.summary
    return ItemDraft(
        url=one.url,
        raw_url=entry.link,
        key=one.url_key,
        title=entry.title,
        authors=entry.authors,
        published=entry.published,
        updated=entry.updated,
        order=_order(entry, now),
        language=entry.language or parsed.language or language.guess(f"{entry.title}. {text}"),
        words=count_words(text) or None,
        summary=entry.summary,
        content=entry.content,
        text=entry.text,
        identifiers=one.identifiers,
    )


def _order(entry: Entry, now: datetime) -> datetime:
    """The instant the item is sorted by: a date in the future must not lead every list."""
    instant = entry.published or entry.updated
    return instant if instant is not None and instant <= now + _AHEAD else now


def _as_first_fetch(new: Sequence[NewItem], limit: int) -> list[NewItem]:
    """The newest in the inbox, the rest as already seen; of equal dates the document's first."""
    newest = sorted(range(len(new)), key=lambda place: new[place].draft.order, reverse=True)
    inbox = set(newest[:limit])
    return [one if place in inbox else _skipped(one) for place, one in enumerate(new)]


def _skipped(one: NewItem) -> NewItem:
    return replace(one, draft=replace(one.draft, state=ItemState.SKIPPED))
