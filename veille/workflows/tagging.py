"""The team's list of tags: count, rename, merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.curation.tags import valid_tag
from veille.curation.triage import difference
from veille.model.event import Action
from veille.model.query import Field, Match
from veille.model.text import tag_key
from veille.store import items, marks

if TYPE_CHECKING:
    from collections.abc import Callable

    from veille.model.item import TagCount
    from veille.store.database import Connection, Database
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
    return _replace(db, Action.TAG_RENAME, marks.rename_tag, old, valid_tag(new), act)


def merge(db: Database, old: str, into: str, *, act: Act) -> int:
    """Replace one tag by another everywhere and return how many items carried the first."""
    return _replace(db, Action.TAG_MERGE, marks.merge_tags, old, valid_tag(into), act)


def _replace(
    db: Database,
    action: Action,
    replace: Callable[[Connection, str, str], int],
    old: str,
    new: str,
    act: Act,
) -> int:
    """Each item that loses a tag gets an event, so that undo puts it back as it was."""
    with db.write() as connection:
        carriers = items.ids(connection, Match(Field.TAG, old), now=act.now)
        before = marks.marks_of(connection, carriers)
        touched = replace(connection, old, new)
        after = marks.marks_of(connection, carriers)
        names = {"tag": old}, {"tag": new}
        if tag_key(old) == tag_key(new):  # only spelled otherwise: nothing to undo on any item
            subject = f"tag {new}"
            event = act.event(action, subject=subject, before=names[0], after=names[1])
            act.log(connection, event)
            return touched
        for item_id in carriers:
            lost, got = difference(before[item_id], after[item_id])
            event = act.event(action, item=item_id, before=lost | names[0], after=got | names[1])
            act.log(connection, event)
    return touched
