"""Subscribe: sources in, out, and looked after."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from veille.errors import NotFound, Refused, UsageError
from veille.feeds import urls
from veille.model.event import Action
from veille.model.states import SourceState
from veille.model.text import masked
from veille.store import sources, visits
from veille.workflows.acting import whole
from veille.workflows.thesaurus import preferred
from veille.workflows.wanted import address_of, cleaned, draft

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from veille.feeds.opml import RefusedSource, Subscriptions
    from veille.model.source import Source, SourceDraft
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.discovery import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A source that was asked for; ``created`` is False when it was there already."""

    source: Source
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a subscription list. ``variants`` are other spellings of its own addresses."""

    added: tuple[Source, ...]
    known: tuple[Source, ...]
    variants: int
    refused: tuple[RefusedSource, ...]


def known(db: Database, wanted: SourceDraft) -> Source | None:
    """The source that is there already under this address, in any spelling of it."""
    with db.read() as connection:
        return sources.by_key(connection, wanted.key)


@whole
def add(db: Database, wanted: SourceDraft, *, seen: Candidate | None = None, act: Act) -> Added:
    """Subscribe to one source. ``seen`` is what its address said, when it was asked."""
    with db.write() as connection:
        present = sources.by_key(connection, wanted.key)
        if present is None and seen is not None and seen.arrived is not None:
            present = sources.by_key(connection, urls.key(seen.arrived))
        if present is not None:
            return Added(source=present, created=False)
        source = sources.add(connection, _in_terms(connection, wanted), at=act.now)
        if seen is not None:
            visits.describe(connection, source.id, title=seen.title, site=seen.site)
        act.log(connection, _added(act, source))
        return Added(source=_reload(connection, source.id), created=True)


@whole
def import_list(
    db: Database, subscriptions: Subscriptions, *, refusal: Callable[[str], str | None], act: Act
) -> Imported:
    """Subscribe to everything in a list, in one transaction; what is known stays as it is.

    ``refusal`` tells why an address would never be asked, None when it may be.
    """
    from veille.feeds.opml import RefusedSource  # not for every command that names a source

    added, present, refused = [], [], list(subscriptions.refused)
    with db.write() as connection:
        for wanted in subscriptions.drafts:
            twin = sources.by_key(connection, wanted.key)
            if twin is not None:
                present.append(twin)
                continue
            reason = refusal(wanted.url)
            if reason is not None:
                refused.append(RefusedSource(url=masked(wanted.url), reason=reason))
                continue
            added.append(sources.add(connection, _in_terms(connection, wanted), at=act.now))
        act.log(connection, *(_added(act, source) for source in added))
    return Imported(
        added=tuple(added),
        known=tuple(present),
        variants=subscriptions.variants,
        refused=tuple(refused),
    )


def _in_terms(connection: Connection, wanted: SourceDraft) -> SourceDraft:
    """With its tags as the thesaurus wants them."""
    return replace(wanted, tags=preferred(connection, wanted.tags))


def _added(act: Act, source: Source) -> Any:
    after = {"url": source.url, "title": source.title}
    return act.event(Action.SOURCE_ADD, subject=f"source {source.id}", after=after)


def everything(db: Database) -> list[Source]:
    """All sources, by title."""
    with db.read() as connection:
        return sources.everything(connection)


def find(db: Database, reference: str) -> Source:
    """The source meant by an id, an address or a unique part of a title.

    Raises :class:`~veille.errors.NotFound`, or :class:`~veille.errors.UsageError` when several fit.
    """
    with db.read() as connection:
        return _one(connection, reference)


def _one(connection: Connection, reference: str) -> Source:
    found = sources.find(connection, reference)
    if not found and (address := address_of(reference)):
        by_key = sources.by_key(connection, urls.key(address))
        found = [by_key] if by_key else []
    if not found:
        raise NotFound(f"no source is called '{reference}': see 'veille source list'")
    if len(found) > 1:
        names = ", ".join(f"{source.id} ({source.name})" for source in found[:5])
        raise UsageError(f"'{reference}' fits {len(found)} sources: {names}; name one by its id")
    return found[0]


@whole
def edit(db: Database, reference: str, *, act: Act, **changes: Any) -> Source:
    """Change the address, title, site, categories or tags of a source.

    Raises :class:`~veille.errors.Refused` when the new address is another source's.
    """
    with db.write() as connection:
        source = _one(connection, reference)
        changes = {name: cleaned(name, value) for name, value in changes.items()}
        if "tags" in changes:
            changes["tags"] = preferred(connection, changes["tags"])
        if "url" in changes:
            wanted = draft(changes["url"])
            other = sources.by_key(connection, wanted.key)
            if other is not None and other.id != source.id:
                raise Refused(f"{wanted.url} is source {other.id} ({other.name}) already")
            changes = {**changes, "url": wanted.url, "key": wanted.key}
        edited = sources.edit(connection, source.id, at=act.now, **changes)
        before, after = _differences(source, edited)
        subject = f"source {source.id}"
        act.log(
            connection, act.event(Action.SOURCE_EDIT, subject=subject, before=before, after=after)
        )
        return edited


def _differences(old: Source, new: Source) -> tuple[dict[str, Any], dict[str, Any]]:
    fields = ("url", "title", "site", "categories", "tags", "full_text")
    changed = [name for name in fields if getattr(old, name) != getattr(new, name)]
    return {name: getattr(old, name) for name in changed}, {n: getattr(new, n) for n in changed}


def pause(db: Database, reference: str, *, act: Act) -> Source:
    """Stop visiting a source until it is resumed."""
    return _set_state(db, reference, SourceState.PAUSED, Action.SOURCE_PAUSE, act)


def resume(db: Database, reference: str, *, act: Act) -> Source:
    """Visit a paused or gone source again, at the next collection."""
    return _set_state(db, reference, SourceState.ACTIVE, Action.SOURCE_RESUME, act)


@whole
def _set_state(
    db: Database, reference: str, state: SourceState, action: Action, act: Act
) -> Source:
    with db.write() as connection:
        source = _one(connection, reference)
        if source.state is state:
            return source
        sources.set_state(connection, source.id, state, at=act.now)
        before, after = {"state": source.state}, {"state": state}
        subject = f"source {source.id}"
        act.log(connection, act.event(action, subject=subject, before=before, after=after))
        return replace(source, state=state)


@whole
def remove(db: Database, reference: str, *, act: Act) -> tuple[Source, int]:
    """Unsubscribe; returns the source and how many untouched items went with it.

    Every item a curator touched stays in the pool.
    """
    with db.write() as connection:
        source = _one(connection, reference)
        gone = sources.remove(connection, source.id)
        before = {"url": source.url, "title": source.title, "items": gone}
        act.log(
            connection,
            act.event(Action.SOURCE_REMOVE, subject=f"source {source.id}", before=before),
        )
        return source, gone


def _reload(connection: Connection, source_id: int) -> Source:
    source = sources.get(connection, source_id)
    assert source is not None  # noqa: S101  it was written in this transaction
    return source


def select(db: Database, references: Sequence[str]) -> list[Source]:
    """The sources meant, each once."""
    with db.read() as connection:
        chosen = [_one(connection, reference) for reference in references]
    return list({source.id: source for source in chosen}.values())
