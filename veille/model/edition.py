"""Digests and editions: from picks to the finished text, and what was found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from veille.model.states import EditionState, Every, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerAddress:
    """Where the pages of a digest were, up to the edition of a number."""

    address: str
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A recurring publication. ``query`` is a search in the one grammar, None for all kept items.

    ``slug`` names it for ever; ``address`` is the folder of its pages, None while that is the slug.
    """

    id: int
    slug: str
    title: str
    links: int
    every: Every
    locale: str  # "fr" or "en"
    query: str | None
    created: datetime
    per_reader: int | None = None  # links that each reader gets of an edition; None: all of them
    address: str | None = None
    former: tuple[FormerAddress, ...] = ()  # known where all digests were asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One dated, numbered issue of a digest: its own row, picks apart."""

    id: int
    digest: Digest
    number: int
    period: str  # 2026-11, 2026-W47, 2026-Q4, 2026
    title: str | None  # None: the digest's own
    intro: str | None  # Markdown
    state: EditionState
    created: datetime
    approved_by: str | None
    approved_at: datetime | None
    approved_hash: str | None  # SHA-256 of what was approved
    published_at: datetime | None
    content: EditionContent | None  # frozen at publication
    approvals: tuple[Approval, ...] = ()  # in the order given, those of another text included

    @property
    def ref(self) -> str:
        """``five-links/3``."""
        return f"{self.digest.slug}/{self.number}"

    @property
    def folder(self) -> str:
        """Where its page is in the archive."""
        return f"{self.digest.address or self.digest.slug}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's yes to one text, byte for byte."""

    by: str
    at: datetime
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PickDraft:
    """An item's place in an edition; None means: what the item itself says today."""

    item: int
    headline: str | None = None
    blurb: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """A pick as readers see it. ``blurb`` is Markdown, empty when nobody wrote one yet.

    ``language`` is that of the page it leads to, and of its headline, unless that is ``translated``:
    an editor's words, in the language of the edition.
    """

    position: int  # from 1
    item: int
    url: str
    headline: str
    blurb: str
    source: str
    tags: tuple[str, ...]
    language: str | None
    authors: tuple[str, ...] = ()
    chosen_by: tuple[str, ...] = ()
    translated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionContent:
    """All that an edition shows, in one value: every output is made from it and from nothing else.

    ``pool`` holds all that was approved where each reader gets a part of it; it is empty where all
    get ``picks``, which are the common part, on the page too.
    """

    digest: str  # slug
    digest_title: str
    number: int
    period: str
    locale: str
    title: str
    intro: str | None  # Markdown
    picks: tuple[Pick, ...]
    pool: tuple[Pick, ...] = ()
    address: str | None = None  # the folder of its page; None: that of its digest's slug

    @property
    def approved(self) -> tuple[Pick, ...]:
        """All links that are approved with it, for whichever readers."""
        return self.pool or self.picks

    @property
    def ref(self) -> str:
        """``five-links/3``."""
        return f"{self.digest}/{self.number}"

    @property
    def folder(self) -> str:
        """Where its page is in the archive: ``five-links/3``, unless its digest moved."""
        return f"{self.address or self.digest}/{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The house as readers see it: in mail headers, footers and the archive."""

    name: str  # of the workspace
    address: str | None  # From, the plain address
    reply_to: str | None
    base_url: str | None  # where the archive is read; None: nowhere yet
    instance: str  # UUID of the workspace, for identifiers that outlive addresses
    timezone: str = "UTC"
    mailbox_name: str | None = None  # From, the name shown; None: that of the workspace
    locale: str | None = None  # of pages no digest owns; None: that of the newest edition
    credits: bool = False  # whether readers are told which curators chose a link
    one_click: str | None = None  # https address of the endpoint where readers leave (RFC 8058)

    @property
    def contact(self) -> str | None:
        """The mailbox a person reads: where replies, questions and farewells go."""
        return self.reply_to or self.address

    @property
    def archive_url(self) -> str | None:
        """The address of the archive's first page, None while there is none."""
        return f"{self.base_url.rstrip('/')}/index.html" if self.base_url else None

    def permalink(self, folder: str) -> str | None:
        """The address of an edition's page in ``five-links/3``, None while there is none.

        The file is named in full, so that the address works on any server and on a shared folder.
        """
        return f"{self.base_url.rstrip('/')}/{folder}/index.html" if self.base_url else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """An edition as finished text. ``html`` has its CSS inlined; ``page`` is the archive's page.

    ``html`` and ``text`` hold :data:`UNSUBSCRIBE` where the reader's own unsubscribe link goes.
    """

    subject: str
    text: str
    html: str
    page: str
    sha256: str


UNSUBSCRIBE = "mailto:unsubscribe@veille.invalid"


class Severity(StrEnum):
    """How bad a finding is; only errors stop an edition."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that should not go out. ``position`` is the pick's, None for the edition itself."""

    rule: str  # e.g. no-blurb
    severity: Severity
    position: int | None
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEdition:
    """An edition of the archive: what was frozen, when it came out, what was said of it since."""

    content: EditionContent
    published_at: datetime
    errata: tuple[Erratum, ...] = ()
    restriction: Restriction | None = None

    @property
    def visibility(self) -> Visibility:
        """Who finds it: everybody, unless somebody said otherwise."""
        return self.restriction.visibility if self.restriction else Visibility.PUBLIC

    @property
    def updated_at(self) -> datetime:
        """When something last changed in what readers see."""
        return max([self.published_at, *(erratum.at for erratum in self.errata)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Erratum:
    """A dated notice on a published page; its text is Markdown. What was published stays as it was,
    but for a link that ``withdraws`` takes out (``item`` names it)."""

    id: int
    at: datetime
    by: str
    item: int | None
    text: str
    withdraws: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """That a published edition is not for everybody (any more), since when, and why."""

    visibility: Visibility
    at: datetime
    by: str
    reason: str | None
