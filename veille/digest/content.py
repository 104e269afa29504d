"""From picks and items to the content of an edition: one value that every output is made from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from veille.digest.links import is_clickable
from veille.digest.selection import pooled
from veille.model.edition import Edition, EditionContent, Pick, PickDraft
from veille.model.text import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from veille.model.item import Item


def assemble(
    edition: Edition,
    picks: Sequence[PickDraft],
    items: Mapping[int, Item],
    labels: Mapping[str, str],
) -> EditionContent:
    """What ``edition`` shows: the editor's words where there are some, else the item's own.

    A published edition shows for ever what was frozen then. ``items`` are by id; a pick whose item
    is not among them (removed since) is left out, and the places close up. ``labels`` is what readers
    of its language call a tag, where that is something else.
    """
    if edition.content is not None:
        return edition.content
    present = [(draft, items[draft.item]) for draft in picks if draft.item in items]
    content = EditionContent(
        digest=edition.digest.slug,
        digest_title=edition.digest.title,
        number=edition.number,
        period=edition.period,
        locale=edition.digest.locale,
        title=edition.title or edition.digest.title,
        intro=edition.intro or None,
        picks=tuple(_pick(place, *pair, labels) for place, pair in enumerate(present, start=1)),
        address=edition.digest.address,
    )
    return pooled(content, edition.digest.per_reader)


def _pick(position: int, draft: PickDraft, item: Item, labels: Mapping[str, str]) -> Pick:
    url = item.url if is_clickable(item.url) else None
    written = item.blurb.text if item.blurb else ""
    return Pick(
        position=position,
        item=item.id,
        url=url or "",
        headline=item.title if draft.headline is None else draft.headline,
        blurb=written if draft.blurb is None else draft.blurb,
        source=item.sources[0].title if item.sources else "",
        tags=tuple(labels.get(tag, tag) for tag in item.tags),
        language=item.language,
        authors=item.authors,
        chosen_by=item.kept_by,
        translated=draft.headline is not None and _is_translated(draft.headline, item.title),
    )


def _is_translated(headline: str, title: str) -> bool:
    """Whether an editor's headline is in words of its own: fewer than half of them are the title's.

    Who shortens a foreign title leaves it in its language, who translates it keeps names at most.
    """
    words, known = _words(headline), set(_words(title))
    return 2 * sum(word in known for word in words) < len(words)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))
