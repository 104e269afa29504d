"""The team's list of tags: count, rename, merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.curation.tags import valid_tag
from veille.model.event import Action, NewEvent
from veille.store import marks

if TYPE_CHECKING:
    from veille.model.item import TagCount
    from veille.store.database import Database
    from veille.workflows.acting import Act


def tags(db: Database) -> list[TagCount]:
    """All tags in use, with how many items carry each."""
    with db.read() as connection:
        return marks.tags(connection)


def rename(db: Database, old: str, new: str, *, act: Act) -> int:
    """Give a tag another name and return how many items carry it.

    Raises :class:`~veille.errors.NotFound`, or :class:`~veille.errors.Refused` when the new name
    is another tag already (that would be a merge).
    """
    with db.write() as connection:
        touched = marks.rename_tag(connection, old, valid_tag(new))
        act.log(connection, _event(act, Action.TAG_RENAME, old, new))
    return touched


def merge(db: Database, old: str, into: str, *, act: Act) -> int:
    """Replace one tag by another everywhere and return how many items carried the first."""
    with db.write() as connection:
        touched = marks.merge_tags(connection, old, valid_tag(into))
        act.log(connection, _event(act, Action.TAG_MERGE, old, into))
    return touched


def _event(act: Act, action: Action, old: str, new: str) -> NewEvent:
    return act.event(action, subject=f"tag {new}", before={"tag": old}, after={"tag": new})
