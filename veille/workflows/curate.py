"""Curate: triage, tag, comment, say the language. One call is one action, whatever it touches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from veille.curation import tags, triage
from veille.errors import NotFound, Refused
from veille.model.event import Action
from veille.model.text import clean
from veille.store import marks
from veille.store import stories as telling
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.model.item import Marks
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

MAX_COMMENT = 100_000  # characters; a comment is a text, not an attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Which items an action changed, and which were that way already.

    ``with_story`` are those of both that nobody named: they tell the story of one that was.
    """

    changed: tuple[int, ...]
    unchanged: tuple[int, ...]
    with_story: tuple[int, ...] = ()


def select(db: Database, references: Sequence[range | int]) -> list[int]:
    """The ids that are meant, in the order given, each once.

    A single id must exist, and so must both ends of a range; gaps inside a range are passed over.
    Raises :class:`~veille.errors.NotFound`.
    """
    with db.read() as connection:
        chosen: dict[int, None] = {}
        for reference in references:
            for item_id in _ids_of(connection, reference):
                chosen.setdefault(item_id)
    return list(chosen)


def _ids_of(connection: Connection, reference: range | int) -> Sequence[int]:
    ends = (reference,) if isinstance(reference, int) else (reference[0], reference[-1])
    present = marks.exists(connection, ends)
    for end in ends:
        if end not in present:
            raise unknown(end)
    if isinstance(reference, int):
        return [reference]
    return sorted(marks.exists(connection, reference))


def keep(db: Database, ids: Sequence[int], *, act: Act) -> Outcome:
    """Endorse items, with all that tells their stories: they are kept, by this curator too."""
    return _decide(db, ids, Action.KEEP, lambda before: triage.keep(before, act.by, act.now), act)


def skip(db: Database, ids: Sequence[int], *, act: Act) -> Outcome:
    """Put items aside, with all that tells their stories.

    The last word wins, so endorsements are withdrawn (undo restores them).
    """
    return _decide(db, ids, Action.SKIP, triage.skip, act)


@whole
def reset(db: Database, ids: Sequence[int], *, act: Act) -> Outcome:
    """Put items back in the inbox, with all that tells their stories, as if nobody had looked."""
    from veille.store import reading  # of apps, which most commands have nothing to do with

    with db.write() as connection:
        outcome = _decided(connection, ids, Action.RESET, triage.reset, act)
        reading.forget(connection, outcome.changed)
    return outcome


@whole
def withdraw(db: Database, ids: Sequence[int], *, act: Act) -> Outcome:
    """Keep items no longer, with all that tells their stories: what others keep stays kept."""
    with db.write() as connection:
        whole = telling.with_others(connection, ids)
        known = marks.marks_of(connection, whole)
        ours = [key for key, old in known.items() if any(each.by != act.by for each in old.kept)]
        mine = [key for key in whole if key not in ours]
        done = [
            _mark(connection, some, action, lambda old: triage.withdraw(old, act.by), act)
            for some, action in ((mine, Action.RESET), (ours, Action.WITHDRAW))
        ]
    return Outcome(
        changed=tuple(key for each in done for key in each.changed),
        unchanged=tuple(key for each in done for key in each.unchanged),
        with_story=tuple(sorted(set(whole) - set(ids))),
    )


@whole
def tag(db: Database, ids: Sequence[int], changes: tags.TagChanges, *, act: Act) -> Outcome:
    """Add and remove tags; of a synonym, the preferred form."""
    from veille.workflows import thesaurus  # only tags have one

    with db.write() as connection:
        changes = thesaurus.meant(connection, changes)
        return _mark(connection, ids, Action.TAG, lambda old: triage.retag(old, changes), act)


def language_of(db: Database, item_id: int) -> str | None:
    """What somebody said an item is written in; raises NotFound."""
    with db.read() as connection:
        known = marks.marks_of(connection, [item_id]).get(item_id)
    if known is None:
        raise unknown(item_id)
    return known.language


@whole
def written_in(db: Database, ids: Sequence[int], language: str | None, *, act: Act) -> Outcome:
    """Say which language items are written in; None leaves it to what their sources say."""
    with db.write() as connection:
        return _mark(
            connection, ids, Action.LANGUAGE, lambda old: triage.written_in(old, language), act
        )


@whole
def _decide(
    db: Database, ids: Sequence[int], action: Action, decide: Callable[[Marks], Marks], act: Act
) -> Outcome:
    with db.write() as connection:
        return _decided(connection, ids, action, decide, act)


def _decided(
    connection: Connection,
    ids: Sequence[int],
    action: Action,
    decide: Callable[[Marks], Marks],
    act: Act,
) -> Outcome:
    """A story is decided once, whatever number of items tell it."""
    whole = telling.with_others(connection, ids)
    outcome = _mark(connection, whole, action, decide, act)
    return replace(outcome, with_story=tuple(sorted(set(whole) - set(ids))))


def _mark(
    connection: Connection,
    ids: Sequence[int],
    action: Action,
    decide: Callable[[Marks], Marks],
    act: Act,
) -> Outcome:
    known = marks.marks_of(connection, ids)
    missing = next((item_id for item_id in ids if item_id not in known), None)
    if missing is not None:
        raise unknown(missing)
    decided = [(item_id, known[item_id], decide(known[item_id])) for item_id in ids]
    changes = [change for change in decided if change[1] != change[2]]
    marks.write_many(connection, changes, at=act.now)
    act.log(connection, *(act.marked(action, *change) for change in changes))
    changed = tuple(change[0] for change in changes)
    return Outcome(
        changed=changed,
        unchanged=tuple(item_id for item_id, before, after in decided if before == after),
    )


@whole
def comment(db: Database, item_id: int, text: str, *, blurb: bool, act: Act) -> int:
    """Add a comment (Markdown) and return its id; a blurb is the text readers see from now on.

    Raises :class:`~veille.errors.Refused` when the text is empty or over :data:`MAX_COMMENT`.
    """
    text = clean(text).strip()
    if not text:
        raise Refused("the comment is empty: nothing was stored")
    if len(text) > MAX_COMMENT:
        raise Refused(
            f"the comment has {len(text)} characters, the limit is {MAX_COMMENT}: shorten it"
        )
    with db.write() as connection:
        return annotate(connection, item_id, text, blurb=blurb, act=act)


def annotate(connection: Connection, item_id: int, text: str, *, blurb: bool, act: Act) -> int:
    """Store a comment and its event in a transaction that is open already."""
    text = clean(text)
    before = marks.marks_of(connection, [item_id]).get(item_id)
    if before is None:
        raise unknown(item_id)
    if act.actor is not None:
        act.log(connection)
    number = marks.add_comment(connection, item_id, by=act.by, at=act.now, text=text, blurb=blurb)
    old, new = triage.difference(before, triage.with_comment(before, number))
    new = {**new, "text": text, "blurb": blurb}
    act.log(connection, act.event(Action.COMMENT, item=item_id, before=old, after=new))
    return number


def unknown(item_id: int) -> NotFound:
    """What to say of an item that is not there."""
    return NotFound(f"there is no item {item_id}: see 'veille list'")
