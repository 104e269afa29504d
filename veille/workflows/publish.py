"""Publish: the page of an approved edition into the archive; and a mail as a reader would see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from veille.delivery import message, site
from veille.delivery.press import press
from veille.errors import Refused
from veille.model.delivery import Delivery, Message
from veille.model.event import Action
from veille.model.states import DeliveryState, Visibility
from veille.store import editions
from veille.workflows.approving import OPEN_HOUSE, load_approved
from veille.workflows.compose import Table, find
from veille.workflows.readers import address

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from veille.delivery.site import SiteReport
    from veille.digest.charter import Charter
    from veille.model.edition import (
        Digest,
        Edition,
        EditionContent,
        PublishedEdition,
        Rendered,
        Sender,
    )
    from veille.model.states import NoticeKind
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act


_EDITION_PAGE = re.compile(r"([^/]+/[0-9]+)/index\.html")


class Publisher(Protocol):
    """Renders an edition and the whole archive; :class:`veille.digest.render.Renderer`."""

    def edition(self, content: EditionContent) -> Rendered:
        """Subject, texts and page."""

    def mail(self, content: EditionContent) -> Rendered:
        """Subject and texts, without the page."""

    def site(
        self,
        published: Sequence[PublishedEdition],
        digests: Sequence[Digest],
        known: Callable[[str], bytes | None] = ...,
    ) -> Mapping[str, bytes]:
        """All files of the archive, by relative path; ``known`` gives what is there already."""

    def fingerprint(self, published: Sequence[PublishedEdition], digests: Sequence[Digest]) -> str:
        """A text that differs when one of those files would."""

    def leaving(self, digest: str, locale: str, step: str) -> str:
        """The web page where readers leave a digest."""

    def personal(
        self, kind: NoticeKind, content: EditionContent, *, name: str, **context: Any
    ) -> tuple[str, str]:
        """Subject and text of a mail to one of us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who sends: the sender readers see, and the secret that makes their tokens unforgeable.

    ``sign`` adds the house's signature to a finished message written at some instant (DKIM).
    """

    sender: Sender
    secret: bytes
    sign: Callable[[bytes, datetime], bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An edition that is in the archive. ``first`` is False when it was there already."""

    edition: Edition
    page: Path
    first: bool
    site: SiteReport


def page_path(content: EditionContent) -> str:
    """Where the page of an edition is, inside the archive."""
    return f"{content.folder}/index.html"


def publish(
    db: Database,
    ref: str,
    publisher: Publisher,
    *,
    archive: Path,
    act: Act,
    charter: Charter = OPEN_HOUSE,
) -> Published:
    """Freeze an approved edition and put its page into the archive; again: only rebuilds.

    An archive that cannot be written leaves the edition as it was: nothing is published without
    its page, nor in the place of another. Raises :class:`~veille.errors.Refused` and :class:`~veille.errors.OutputError`.
    """
    with db.write() as connection:
        table = load_approved(connection, ref, publisher, verb="publish", act=act, charter=charter)
        first = not table.edition.state.is_public
        if first:
            _require_place(archive, table)
            editions.publish(connection, table.edition.id, at=act.now, content=table.content)
            act.log(connection, act.event(Action.EDITION_PUBLISH, subject=ref))
        report = write_archive(connection, publisher, archive)
    edition = find(db, ref)
    page = archive / edition.folder / "index.html"
    return Published(edition=edition, page=page, first=first, site=report)


def build(
    db: Database,
    publisher: Publisher,
    *,
    archive: Path,
    internal: bool = False,
    forget: bool = False,
) -> SiteReport:
    """Write the whole archive from the database; files that did not change are not touched.

    With ``internal`` it holds the editions for colleagues too: a folder for the house itself. An
    address that readers hold stays: raises :class:`~veille.errors.Refused` when the archive has
    editions of which the database knows nothing, unless somebody wants them gone (``forget``).
    """
    with db.read() as connection:
        return write_archive(connection, publisher, archive, internal=internal, forget=forget)


def write_archive(
    connection: Connection,
    publisher: Publisher,
    archive: Path,
    *,
    internal: bool = False,
    forget: bool = False,
) -> SiteReport:
    """:func:`build`, within a transaction: what it wrote is what the transaction sees."""
    published = [
        replace(edition, restriction=None)
        if internal and edition.visibility is Visibility.INTERNAL
        else edition
        for edition in editions.published(connection)
    ]
    digests = editions.digests(connection)
    key = publisher.fingerprint(published, digests)
    report = site.unchanged(archive, key)
    if report is not None:
        return report
    files = publisher.site(published, digests, lambda path: site.held(archive, path))
    if not forget:
        _keep_permalinks(archive, site.missing(archive, files))
    return site.write(archive, files, key=key)


def _require_place(archive: Path, table: Table) -> None:
    """Refuse to put a page where another one came out already; a run that died may have put ours."""
    there = site.held(archive, page_path(table.content))
    if there is not None and there != table.rendered.page.encode():
        raise Refused(f"{archive} holds another page of {table.edition.ref} already{_OLDER}")


_OLDER = (
    ", of which the database knows nothing, as if it were restored from before: nothing was changed; "
    "bring the newest backup back, or let what came out die with 'veille archive build --forget'"
)


def _keep_permalinks(archive: Path, missing: Sequence[str]) -> None:
    """Refuse to take pages of editions away: the database is older than the archive (A11, M13)."""
    lost = [found[1] for path in missing if (found := _EDITION_PAGE.fullmatch(path))]
    if lost:
        shown = f"{', '.join(lost[:5])}{f' and {len(lost) - 5} more' if len(lost) > 5 else ''}"
        raise Refused(f"{archive} holds {shown}{_OLDER}")


def message_name(edition: Edition, revision: str, recipient: str, house: House) -> str:
    """The Message-ID of a revision of an edition to one recipient: the same at every attempt."""
    return message.message_id(
        f"{house.sender.instance}/{edition.ref}", revision, recipient,
        domain=message.domain_of(house.sender), secret=house.secret,
    )  # fmt: skip


def write_mail(table: Table, row: Delivery, house: House) -> Message:
    """The message of a delivery, signed when the house signs: the same bytes at every attempt."""
    mail = press(table.rendered, house.sender, table.content).message(
        row,
        token=message.unsubscribe_token(house.secret, row.recipient, table.content.digest),
        date=row.planned_at,
    )
    if house.sign is None:
        return mail
    return replace(mail, content=house.sign(mail.content, row.planned_at))


def sample_message(table: Table, to: str, house: House) -> Message:
    """The mail as one reader would get it, whatever the ledger says.

    Its Date is the edition's own, so that two previews are the same bytes.
    """
    return write_mail(table, _sample(table, to, house), house)


def test_message(table: Table, to: str, house: House) -> tuple[Delivery, Message]:
    """A mail marked as a test, with an identity of its own, and the delivery it would be."""
    marked = Table(
        edition=table.edition,
        content=table.content,
        rendered=message.marked_as_test(table.rendered),
    )
    row = _sample(marked, to, house)
    return row, write_mail(marked, row, house)


def _sample(table: Table, to: str, house: House) -> Delivery:
    written, key = address(to)
    edition = table.edition
    return Delivery(
        id=0,
        recipient=key,
        address=written,
        name=None,
        message_id=message_name(edition, table.rendered.sha256, key, house),
        state=DeliveryState.PLANNED,
        attempts=0,
        planned_at=edition.approved_at or edition.created,
        code=None,
        reply=None,
        at=edition.created,
    )
