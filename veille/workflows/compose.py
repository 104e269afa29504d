"""Compose: from kept items to an approved edition; the editor's table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from veille.digest import periods, selection
from veille.digest.content import assemble
from veille.digest.lint import Visit, addresses
from veille.digest.lint import lint as find_faults
from veille.errors import NotFound, Refused, UsageError
from veille.model.edition import (
    Digest,
    Edition,
    EditionContent,
    Finding,
    PickDraft,
    Rendered,
)
from veille.model.event import Action
from veille.store import editions, items, marks, shown, thesaurus
from veille.workflows import queries
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from veille.model.edition import Severity
    from veille.model.item import Shown
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


class Renders(Protocol):
    """Turns content into finished text; :class:`veille.digest.render.Renderer` in the program."""

    def edition(self, content: EditionContent) -> Rendered:
        """Subject, texts and page; raises :class:`~veille.errors.TemplateError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An edition as it stands: its row, what readers would see, and the finished text.

    Where each reader gets a part of a pool, ``rendered`` is the common part, ``whole`` the text of
    all that is approved, and the hash covers both.
    """

    edition: Edition
    content: EditionContent
    rendered: Rendered
    whole: Rendered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A drafted edition; ``opened`` is False when the period's edition was open already."""

    edition: Edition
    proposed: int
    opened: bool


@whole
def draft(
    db: Database, slug: str, *, period: str | None, ahead: bool, zone: ZoneInfo, act: Act
) -> Drafted:
    """Open the edition of a period and propose picks: kept, never published here, newest first.

    ``period`` None means the current one; with ``ahead`` the next that has no edition yet. An
    edition that is open already is left as it is. Raises :class:`~veille.errors.Refused` when the
    period's edition is out.
    """
    with db.write() as connection:
        digest = _digest(connection, slug)
        known = editions.of_digest(connection, digest.id)
        wanted = _period(digest, period, ahead, known, act.now.astimezone(zone))
        present = next((edition for edition in known if edition.period == wanted), None)
        if present is not None:
            return _reopened(connection, present)
        edition = editions.create(connection, digest, wanted, at=act.now)
        proposed = _propose(connection, digest, zone, act.now)
        editions.set_picks(connection, edition.id, proposed)
        after = {"period": wanted, "items": [pick.item for pick in proposed]}
        act.log(connection, act.event(Action.EDITION_DRAFT, subject=edition.ref, after=after))
        return Drafted(edition=edition, proposed=len(proposed), opened=True)


def _period(
    digest: Digest, period: str | None, ahead: bool, known: Sequence[Edition], now: datetime
) -> str:
    if period is not None:
        return periods.parse(digest.every, period)
    current = periods.period_of(digest.every, now.date())
    taken = {edition.period for edition in known}
    while ahead and current in taken:
        current = periods.next_period(digest.every, current)
    return current


def _reopened(connection: Connection, edition: Edition) -> Drafted:
    if edition.state.is_public:
        raise Refused(
            f"the edition of {edition.period} is out: {edition.ref}; "
            "open the next one before its time with --now, or name it with --period"
        )
    return Drafted(
        edition=edition, proposed=len(editions.picks(connection, edition.id)), opened=False
    )


def _propose(
    connection: Connection, digest: Digest, zone: ZoneInfo, now: datetime
) -> list[PickDraft]:
    query = queries.read(connection, digest.query or "", now=now, zone=zone)
    chosen = editions.candidates(connection, digest, query, now=now, limit=digest.links)
    return [PickDraft(item=item_id) for item_id in chosen]


def show(db: Database, ref: str, renderer: Renders) -> Table:
    """An edition as it stands now. An approval that no longer fits its content lapses here."""
    with db.read() as connection:
        table = load(connection, ref, renderer)
    if not _lapsed(table):
        return table
    with db.write() as connection:
        return _lapse(connection, load(connection, ref, renderer))


def talkers(db: Database, table: Table) -> dict[int, tuple[str, ...]]:
    """Who said something about each item of an edition, by its id, in the order they spoke."""
    with db.read() as connection:
        found = items.get_many(connection, [pick.item for pick in table.content.approved])
    return {item.id: tuple(dict.fromkeys(one.by for one in item.comments)) for item in found}


def load(connection: Connection, ref: str, renderer: Renders) -> Table:
    """An edition as it stands, in a transaction that is open already."""
    edition = edition_of(connection, ref)
    content = _content(connection, edition)
    rendered = renderer.edition(content)
    if not content.pool:
        return Table(edition=edition, content=content, rendered=rendered)
    whole = renderer.edition(selection.whole(content))
    both = replace(rendered, sha256=selection.joint_hash(rendered, whole))
    return Table(edition=edition, content=content, rendered=both, whole=whole)


def _content(connection: Connection, edition: Edition) -> EditionContent:
    picks = editions.picks(connection, edition.id)
    chosen = items.get_many(connection, [pick.item for pick in picks])
    tags = {tag for item in chosen for tag in item.tags}
    labels = thesaurus.labels(connection, edition.digest.locale, tags)
    return assemble(edition, picks, {item.id: item for item in chosen}, labels)


def _lapsed(table: Table) -> bool:
    given = [table.edition.approved_hash, *(yes.sha256 for yes in table.edition.approvals)]
    return not table.edition.state.is_public and any(
        sha256 not in (None, table.rendered.sha256) for sha256 in given
    )


def _lapse(connection: Connection, table: Table) -> Table:
    if not _lapsed(table):
        return table
    editions.lapse(connection, table.edition.id)
    return replace(table, edition=edition_of(connection, table.edition.ref))


@whole
def change_picks(
    db: Database,
    ref: str,
    change: Callable[[list[PickDraft]], list[PickDraft]],
    *,
    action: Action,
    act: Act,
) -> Edition:
    """Rearrange the picks of an open edition; ``change`` gets the list and returns the new one."""
    with db.write() as connection:
        edition = _open_edition(connection, ref)
        before = editions.picks(connection, edition.id)
        after = change(before)
        for pick in after:
            if pick not in before and not marks.exists(connection, [pick.item]):
                raise NotFound(f"there is no item {pick.item}: see 'veille list is:kept'")
        if after != before:
            editions.set_picks(connection, edition.id, after)
            act.log(connection, act.event(action, subject=ref, **_rearranged(before, after)))
        return edition


def _rearranged(before: Sequence[PickDraft], after: Sequence[PickDraft]) -> dict[str, Any]:
    return {"before": _described(before), "after": _described(after)}


def _described(picks: Sequence[PickDraft]) -> dict[str, Any]:
    texts = {
        str(pick.item): {"headline": pick.headline, "blurb": pick.blurb}
        for pick in picks
        if pick.headline is not None or pick.blurb is not None
    }
    return {"items": [pick.item for pick in picks], "texts": texts}


@whole
def edit(db: Database, ref: str, *, act: Act, **changes: str | None) -> Edition:
    """Change the title or the introduction of an open edition; an empty text takes it away."""
    with db.write() as connection:
        edition = _open_edition(connection, ref)
        before = {name: getattr(edition, name) for name in changes}
        editions.edit(
            connection, edition.id, **{name: text or None for name, text in changes.items()}
        )
        act.log(
            connection, act.event(Action.EDITION_EDIT, subject=ref, before=before, after=changes)
        )
        return edition_of(connection, ref)


def lint(
    db: Database,
    ref: str,
    renderer: Renders,
    *,
    follow: Callable[[Sequence[str]], Mapping[str, Visit]] | None = None,
    severities: Mapping[str, Severity | None] | None = None,
) -> list[Finding]:
    """Everything that should not go out, errors first.

    ``follow`` visits the links (no transaction is open then), None leaves that out; ``severities``
    is what the house thinks of single rules.
    """
    with db.read() as connection:
        table = load(connection, ref, renderer)
        known = _known(connection, table)
    visited = None if follow is None else follow(addresses(selection.whole(table.content)))
    return _judged(table, known, visited=visited, severities=severities)


def findings(
    connection: Connection, table: Table, severities: Mapping[str, Severity | None] | None = None
) -> list[Finding]:
    """What lint says of an edition without following its links, in an open transaction."""
    return _judged(table, _known(connection, table), severities=severities)


def _judged(
    table: Table,
    known: _Known,
    *,
    visited: Mapping[str, Visit] | None = None,
    severities: Mapping[str, Severity | None] | None = None,
) -> list[Finding]:
    return find_faults(
        selection.whole(table.content),
        table.whole or table.rendered,
        published=known.published,
        summaries=known.summaries,
        links=table.edition.digest.links,
        visited=visited,
        severities=severities,
    )


class _Known(NamedTuple):
    """What the database knows of the picks, by item: where they came out, what the source says."""

    published: Mapping[int, Sequence[Shown]]
    summaries: Mapping[int, str]


def _known(connection: Connection, table: Table) -> _Known:
    chosen = [pick.item for pick in table.content.approved]
    return _Known(
        published=shown.shown(connection, chosen),
        summaries={item.id: item.summary for item in items.get_many(connection, chosen)},
    )


def _digest(connection: Connection, slug: str) -> Digest:
    digest = editions.digest(connection, slug)
    if digest is None:
        raise NotFound(f"there is no digest '{slug}': see 'veille digest list'")
    return digest


def find(db: Database, ref: str) -> Edition:
    """The edition of a reference; raises :class:`~veille.errors.NotFound`."""
    with db.read() as connection:
        return edition_of(connection, ref)


def of_digest(db: Database, slug: str) -> list[Edition]:
    """All editions of a digest, oldest first."""
    with db.read() as connection:
        return editions.of_digest(connection, _digest(connection, slug).id)


def edition_of(connection: Connection, ref: str) -> Edition:
    """The row of a reference; raises UsageError for what is none, NotFound for an unknown one."""
    slug, _, number = ref.partition("/")
    if not number.isdecimal() or len(number) > 9:
        raise UsageError(f"'{ref}' is no edition: write DIGEST/NUMBER, such as five-links/3")
    edition = editions.get(connection, slug, int(number))
    if edition is None:
        raise NotFound(f"there is no edition {ref}: see 'veille edition list {slug}'")
    return edition


def _open_edition(connection: Connection, ref: str) -> Edition:
    edition = edition_of(connection, ref)
    if edition.state.is_public:
        raise Refused(f"{ref} is {edition.state}: a published edition does not change")
    return edition
