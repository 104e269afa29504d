"""What an action makes of an item's marks. The same object back means: nothing to do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from veille.model.item import Endorsement, Marks
from veille.model.states import ItemState
from veille.model.text import tag_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from veille.curation.tags import TagChanges


def keep(marks: Marks, by: str, at: datetime) -> Marks:
    """Kept, endorsed by this curator too; a second time changes nothing."""
    if any(endorsement.by == by for endorsement in marks.kept):
        return marks
    return marks.with_state(ItemState.KEPT, (*marks.kept, Endorsement(by=by, at=at)))


def skip(marks: Marks) -> Marks:
    """Skipped; the last word wins, so all endorsements are withdrawn (undo restores them)."""
    return _without_endorsements(marks, ItemState.SKIPPED)


def reset(marks: Marks) -> Marks:
    """Back in the inbox, as if nobody had looked; tags and comments stay."""
    return _without_endorsements(marks, ItemState.INBOX)


def withdraw(marks: Marks, by: str) -> Marks:
    """No longer kept by this curator; back in the inbox when nobody else keeps it."""
    kept = tuple(endorsement for endorsement in marks.kept if endorsement.by != by)
    if kept == marks.kept:
        return marks
    return replace(marks, kept=kept) if kept else marks.with_state(ItemState.INBOX)


def _without_endorsements(marks: Marks, state: ItemState) -> Marks:
    if marks.state is state and not marks.kept:
        return marks
    return marks.with_state(state)


def retag(marks: Marks, changes: TagChanges) -> Marks:
    """With tags taken off and put on; a tag already there keeps its first spelling and place."""
    gone = {tag_key(tag) for tag in changes.remove}
    tags = {tag_key(tag): tag for tag in marks.tags if tag_key(tag) not in gone}
    for tag in changes.add:
        tags.setdefault(tag_key(tag), tag)
    after = tuple(tags.values())
    return marks if after == marks.tags else replace(marks, tags=after)


def written_in(marks: Marks, language: str | None) -> Marks:
    """Said to be written in a language; None leaves it to what sources say."""
    return marks if marks.language == language else replace(marks, language=language)


def with_comment(marks: Marks, comment: int) -> Marks:
    """With one more comment, named by its id."""
    return replace(marks, comments=(*marks.comments, comment))


def joined(marks: Marks, others: Iterable[int]) -> Marks:
    """Said to be one story with these items, whatever was said before."""
    named = set(others)
    return replace(
        marks,
        together=tuple(sorted(named.union(marks.together))),
        apart=tuple(item for item in marks.apart if item not in named),
    )


def split(marks: Marks, others: Iterable[int]) -> Marks:
    """Said to be another story than these items, whatever was said before."""
    named = set(others)
    return replace(
        marks,
        together=tuple(item for item in marks.together if item not in named),
        apart=tuple(sorted(named.union(marks.apart))),
    )


def difference(before: Marks, after: Marks) -> tuple[dict[str, Any], dict[str, Any]]:
    """What an event keeps: the aspects that changed, as they were and as they are (plain JSON)."""
    old, new = _plain(before), _plain(after)
    changed = [aspect for aspect in old if old[aspect] != new[aspect]]
    return {aspect: old[aspect] for aspect in changed}, {aspect: new[aspect] for aspect in changed}


def _plain(marks: Marks) -> Mapping[str, Any]:
    return {
        "state": marks.state.value,
        "kept": [[endorsement.by, endorsement.at.isoformat()] for endorsement in marks.kept],
        "tags": list(marks.tags),
        "comments": list(marks.comments),
        "review": marks.review,
        "together": list(marks.together),
        "apart": list(marks.apart),
        "language": marks.language,
    }
