"""Saved searches: a name for what a team asks again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from veille.curation.query import parse
from veille.curation.searches import valid_search_name
from veille.curation.terms import SEARCH
from veille.errors import NotFound, Refused, UsageError
from veille.model.event import Action
from veille.model.text import clean, one_line, tag_key
from veille.store import items
from veille.store import searches as saved
from veille.workflows import queries
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from veille.model.query import SavedSearch
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A saved search, how many items it finds now, and what names it."""

    search: SavedSearch
    items: int
    used_by: tuple[str, ...]


@whole
def save(
    db: Database, name: str, query: str, *, replace: bool = False, zone: ZoneInfo, act: Act
) -> SavedSearch:
    """Give a search a name.

    Raises :class:`~veille.errors.UsageError` when it cannot be read, or leads back to itself, and
    :class:`~veille.errors.Refused` when the name has another search and is not to be replaced.
    """
    name, query = valid_search_name(name), one_line(clean(query))
    if not query:
        raise UsageError("the search is empty: a name stands for a search, such as tag:iiif")
    with db.write() as connection:
        known = saved.get(connection, name)
        if known is not None and known.query == query:
            return known
        if known is not None and not replace:
            raise Refused(
                f"search:{known.name} is '{known.query}' ({known.by}): --replace changes it"
            )
        text_of = partial(saved.query_of, connection)
        parse(query, now=act.now, tz=zone, saved=text_of, naming=tag_key(name))
        saved.save(connection, name=name, query=query, by=act.by, at=act.now)
        before = {"name": known.name, "query": known.query} if known else None
        after = {"name": name, "query": query}
        subject = f"search:{name}"
        act.log(
            connection, act.event(Action.SEARCH_SAVE, subject=subject, before=before, after=after)
        )
        return _one(connection, name)


def everything(db: Database) -> list[SavedSearch]:
    """All saved searches, by name."""
    with db.read() as connection:
        return saved.everything(connection)


def show(db: Database, name: str, *, zone: ZoneInfo, act: Act) -> Shown:
    """One saved search; raises :class:`~veille.errors.NotFound`."""
    with db.read() as connection:
        search = _one(connection, name)
        query = queries.read(connection, search.query, now=act.now, zone=zone)
        return Shown(
            search=search,
            items=items.count(connection, query, act.now),
            used_by=tuple(_users(connection, search)),
        )


@whole
def rename(db: Database, old: str, new: str, *, act: Act) -> list[str]:
    """Call a search otherwise, also where others name it; returns which these are.

    Raises :class:`~veille.errors.NotFound`, or :class:`~veille.errors.Refused` when the name is taken.
    """
    new = valid_search_name(new)
    with db.write() as connection:
        search = _one(connection, old)
        other = saved.get(connection, new)
        if other is not None and other.id != search.id:
            raise Refused(
                f"there is a search:{other.name} already: remove it, or take another name"
            )
        saved.rename(connection, search.id, new)
        changed = queries.rename(connection, SEARCH, tag_key(search.name), new)
        before, after = {"name": search.name}, {"name": new, "in": changed}
        subject = f"search:{new}"
        act.log(
            connection, act.event(Action.SEARCH_RENAME, subject=subject, before=before, after=after)
        )
    return changed


@whole
def remove(db: Database, name: str, *, act: Act) -> SavedSearch:
    """Forget a search.

    Raises :class:`~veille.errors.NotFound`, or :class:`~veille.errors.Refused` when others name it.
    """
    with db.write() as connection:
        search = _one(connection, name)
        users = _users(connection, search)
        if users:
            raise Refused(f"search:{search.name} is in {', '.join(users)}: change that first")
        saved.remove(connection, search.id)
        before = {"name": search.name, "query": search.query}
        subject = f"search:{search.name}"
        act.log(connection, act.event(Action.SEARCH_REMOVE, subject=subject, before=before))
    return search


def _one(connection: Connection, name: str) -> SavedSearch:
    found = saved.get(connection, name)
    if found is None:
        raise NotFound(f"there is no saved search '{name}': see 'veille search list'")
    return found


def _users(connection: Connection, search: SavedSearch) -> list[str]:
    return [one.what for one in queries.naming(connection, SEARCH, tag_key(search.name))]
