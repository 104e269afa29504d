"""The team's list of tags: count, rename, merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.curation import thesaurus as curation
from veille.curation.tags import valid_tag
from veille.curation.triage import difference
from veille.errors import Refused
from veille.model.event import Action
from veille.model.text import tag_key
from veille.store import marks
from veille.store import thesaurus as terms
from veille.workflows import thesaurus
from veille.workflows.acting import whole

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


@whole
def _replace(
    db: Database,
    action: Action,
    replace: Callable[[Connection, str, str], int],
    old: str,
    new: str,
    act: Act,
) -> int:
    """Each item that loses a tag gets an event, so that undo puts it back as it was.

    The thesaurus follows, and undo puts that back too.
    """
    with db.write() as connection:
        carriers = marks.carriers(connection, old)
        before = marks.marks_of(connection, carriers)
        if not carriers and terms.preferred(connection, [old]):
            raise Refused(f"no item carries '{old}': 'veille thesaurus edit' changes the term")
        if action is Action.TAG_MERGE:
            new, replace = _merging(connection, old, new, replace)
        decide = curation.merged if action is Action.TAG_MERGE else curation.renamed
        thesaurus.write(connection, lambda there: decide(there, old, new), act=act)
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


def _merging(
    connection: Connection, old: str, into: str, merge: Callable[[Connection, str, str], int]
) -> tuple[str, Callable[[Connection, str, str], int]]:
    """The preferred form of the tag that stays, and how it takes the other one's place."""
    known = terms.preferred(connection, [into])
    new = known.get(into, into)
    if tag_key(new) == tag_key(old) != tag_key(into):
        raise Refused(f"'{into}' means '{new}': only synonyms are merged into what they mean")
    if known and not terms.carried(connection, [tag_key(new)]):
        return new, marks.rename_tag  # a term that no item carries yet
    return new, merge
