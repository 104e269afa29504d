"""The recurring publications: create, list, edit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from veille.errors import NotFound, Refused, UsageError
from veille.model.event import Action
from veille.model.text import one_line
from veille.store import editions
from veille.workflows import queries
from veille.workflows.acting import whole
from veille.workflows.publish import write_archive

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from veille.model.edition import Digest
    from veille.model.states import Every
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act
    from veille.workflows.correct import Desk

# A slug names a folder of the archive for ever: small ASCII words (faults O1, O2).
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_RESERVED = frozenset({"con", "prn", "aux", "nul", "assets", "index"})
MAX_SLUG = 60
MAX_LINKS = 50


def move(desk: Desk, slug: str, address: str) -> Digest:
    """Give the pages of a digest another folder in the archive; those that readers hold lead on.

    Its name stays: in commands, in the log, in the tokens of mails and in the ids of feeds. Raises
    :class:`~veille.errors.NotFound`, :class:`~veille.errors.UsageError` on a bad address, and
    :class:`~veille.errors.Refused` when it is, or was, another digest's.
    """
    digest, act = find(desk.db, slug), desk.act
    _check_slug(address)
    with desk.db.write() as connection:
        here = digest.address or digest.slug
        if address == here:
            raise Refused(f"the pages of {slug} are in {address} already")
        _check_free(connection, address, but=digest)
        last = max((one.content.number for one in editions.published(connection, slug)), default=0)
        moved = editions.move_digest(connection, digest, address, last=last)
        act.log(
            connection,
            act.event(
                Action.DIGEST_EDIT, subject=f"digest {slug}", before={"address": here},
                after={"address": address},
            ),
        )  # fmt: skip
        write_archive(connection, desk.publisher, desk.archive)
        return moved


def _check_free(connection: Connection, name: str, *, but: Digest | None = None) -> None:
    """Readers may hold addresses in a folder that was ever used: no other digest may have it."""
    for digest in editions.digests(connection):
        taken = {digest.slug, digest.address, *(former.address for former in digest.former)}
        if name in taken and (but is None or digest.id != but.id):
            raise Refused(
                f"{name} is, or was, where the pages of {digest.slug} are: take another name"
            )


@whole
def create(
    db: Database,
    *,
    slug: str,
    title: str,
    links: int,
    every: Every,
    locale: str,
    query: str | None,
    zone: ZoneInfo,
    act: Act,
    per_reader: int | None = None,
) -> Digest:
    """A new digest; with ``per_reader``, each reader gets so many of its ``links``.

    Raises :class:`~veille.errors.UsageError` on a bad slug, title, number or query, and
    :class:`~veille.errors.Refused` when the slug is taken.
    """
    _check_slug(slug)
    _check_sizes(links, per_reader)
    with db.write() as connection:
        _check_query(connection, query, zone, act)
        if editions.digest(connection, slug) is None:
            _check_free(connection, slug)
        made: dict[str, Any] = {
            "title": _titled(title), "links": links, "every": every, "locale": locale,
            "query": query or None, "per_reader": per_reader,
        }  # fmt: skip
        digest = editions.create_digest(connection, slug=slug, at=act.now, **made)
        act.log(connection, act.event(Action.DIGEST_CREATE, subject=f"digest {slug}", after=made))
        return digest


def _check_slug(slug: str) -> None:
    if not _SLUG.fullmatch(slug) or len(slug) > MAX_SLUG or slug in _RESERVED:
        raise UsageError(
            f"'{slug}' cannot name a digest: use small letters a-z, digits and hyphens "
            f"(at most {MAX_SLUG}), such as five-links"
        )


def _titled(title: str) -> str:
    said = one_line(title)
    if not said:
        raise UsageError("a digest needs a title: readers see it above each edition")
    return said


def _check_sizes(links: int, per_reader: int | None) -> None:
    if not 1 <= links <= MAX_LINKS:
        raise UsageError(f"a digest has 1 to {MAX_LINKS} links, not {links}")
    if per_reader is not None and not 1 <= per_reader <= links:
        raise UsageError(
            f"each reader gets 1 to {links} of the {links} links, not {per_reader}: "
            "--links says how many there are to choose from"
        )


def _check_query(connection: Connection, query: str | None, zone: ZoneInfo, act: Act) -> None:
    if query:
        queries.read(connection, query, now=act.now, zone=zone)


def everything(db: Database) -> list[Digest]:
    """All digests, by slug."""
    with db.read() as connection:
        return editions.digests(connection)


def find(db: Database, slug: str) -> Digest:
    """One digest; raises :class:`~veille.errors.NotFound`."""
    with db.read() as connection:
        digest = editions.digest(connection, slug)
    if digest is None:
        raise NotFound(f"there is no digest '{slug}': see 'veille digest list'")
    return digest


@whole
def edit(db: Database, slug: str, *, zone: ZoneInfo, act: Act, **changes: Any) -> Digest:
    """Change title, links, every, locale, query or per_reader of a digest."""
    digest = find(db, slug)
    if "title" in changes:
        changes["title"] = _titled(changes["title"])
    links = changes.get("links", digest.links)
    _check_sizes(links, changes.get("per_reader", digest.per_reader))
    with db.write() as connection:
        _check_query(connection, changes.get("query"), zone, act)
        edited = editions.edit_digest(connection, digest.id, **changes)
        before = {name: getattr(digest, name) for name in changes}
        subject = f"digest {slug}"
        act.log(
            connection, act.event(Action.DIGEST_EDIT, subject=subject, before=before, after=changes)
        )
        return edited
