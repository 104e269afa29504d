"""The JSON contract: model values as dictionaries with stable keys (docs/commands.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veille.cli.documents import instant
from veille.model.text import masked

if TYPE_CHECKING:
    from veille.curation.relevance import Score
    from veille.digest.charter import Standing
    from veille.model.edition import Erratum
    from veille.model.event import Event
    from veille.model.item import Comment, Item, PageReading, SeenIn, TagCount, Telling
    from veille.workflows.compose import Table
    from veille.workflows.lookup import Dossier
    from veille.workflows.stories import Found

Shape = dict[str, Any]


def item(value: Item, score: Score | None = None) -> Shape:
    """An item of a list, with its ``score`` when it was ranked."""
    ranked: Shape = {}
    if score is not None:
        ranked = {"score": round(score.value, 3), "because": list(score.because)}
    return {
        "id": value.id,
        "url": value.url,
        "title": value.title,
        "authors": list(value.authors),
        "published": instant(value.published),
        "updated": instant(value.updated),
        "collected": instant(value.collected),
        "sources": [seen_in(source) for source in value.sources],
        "language": value.language,
        "words": value.words,
        "state": value.state.value,
        "review": value.review,
        "kept_by": list(value.kept_by),
        "tags": list(value.tags),
        "comments": [comment(each) for each in value.comments],
        "editions": list(value.editions),
        "shown": [
            {"edition": each.edition, "as": each.how.value, "item": each.item}
            for each in value.shown
        ],
        "summary": value.summary,
        "story": sorted([value.id, *(other.id for other in value.also)]) if value.also else None,
        "spread": value.spread,
        "identifiers": _identifiers(value),
        **ranked,
    }


def _identifiers(value: Item) -> dict[str, list[str]]:
    """By scheme: ``{"doi": ["10.4000/…"]}``."""
    found: dict[str, list[str]] = {}
    for one in value.identifiers:
        found.setdefault(one.scheme.value, []).append(one.value)
    return found


def dossier(value: Dossier, score: Score | None = None) -> Shape:
    """One item with its texts and its history."""
    content = value.content
    return {
        **item(value.item, score),
        "content": content.content,
        "text": content.text,
        "text_from": "page" if content.page and content.page.taken else "feed",
        "page": page(content.page) if content.page else None,
        "also": [telling(each) for each in value.item.also],
        "history": [event(each) for each in value.history],
    }


def telling(value: Telling) -> Shape:
    """Another item of the same story."""
    return {
        "id": value.id,
        "title": value.title,
        "url": value.url,
        "source": masked(value.source) if value.source else None,
    }


def page(value: PageReading) -> Shape:
    """What came of reading an item's own page."""
    return {
        "at": instant(value.at),
        "taken": value.taken,
        "problem": value.problem,
        "canonical": value.canonical,
        "media_type": value.media_type,
        "attempts": value.attempts,
        "next_try": instant(value.next_try),
    }


def seen_in(value: SeenIn) -> Shape:
    """A source that showed an item."""
    return {
        "id": value.id,
        "title": masked(value.title),
        "url": masked(value.url),
        "guid": value.guid,
    }


def comment(value: Comment) -> Shape:
    """A comment."""
    return {
        "id": value.id,
        "by": value.by,
        "at": instant(value.at),
        "text": value.text,
        "blurb": value.blurb,
    }


def event(value: Event) -> Shape:
    """A line of the log."""
    return {
        "id": value.id,
        "at": instant(value.at),
        "by": value.by,
        "login": value.login,
        "action": value.action.value,
        "batch": value.batch,
        "item": value.item,
        "subject": value.subject,
        "before": dict(value.before),
        "after": dict(value.after),
        "note": value.note,
        "undone": value.undone,
    }


def found(value: Found) -> Shape:
    """What came of looking for stories."""
    return {"looked": value.looked, "told": value.told, "due": value.due}


def tag(value: TagCount) -> Shape:
    """A tag in use."""
    return {"tag": value.name, "items": value.items}


def erratum(notice: Erratum) -> Shape:
    """A notice on a published edition."""
    return {
        "id": notice.id,
        "at": instant(notice.at),
        "by": notice.by,
        "item": notice.item,
        "text": notice.text,
        "withdraws": notice.withdraws,
    }


def edition(table: Table, standing: Standing) -> Shape:
    """An edition in the shape of the JSON contract, with how it stands by the charter."""
    row, content = table.edition, table.content
    return {
        "ref": row.ref,
        "digest": row.digest.slug,
        "number": row.number,
        "period": row.period,
        "title": content.title,
        "intro": content.intro,
        "state": row.state.value,
        "locale": content.locale,
        "picks": [
            {
                "position": pick.position,
                "item": pick.item,
                "url": pick.url,
                "headline": pick.headline,
                "blurb": pick.blurb,
                "source": pick.source,
                "language": pick.language,
                "tags": list(pick.tags),
                "chosen_by": list(pick.chosen_by),
            }
            for pick in content.approved
        ],
        "per_reader": len(content.picks) if content.pool else None,
        "approved_by": row.approved_by,
        "approved_at": instant(row.approved_at),
        "approvals": [{"by": yes.by, "at": instant(yes.at)} for yes in standing.approvals],
        "approvals_wanted": standing.wanted,
        "authors": list(standing.authors),
        "lapsed": list(standing.lapsed),
        "published_at": instant(row.published_at),
        "sha256": table.rendered.sha256,
        "page": f"{row.folder}/index.html" if row.state.is_public else None,
    }
