"""What templates see: an edition cleaned, typeset and ready to be shown, and nothing else.

The fields of these classes are the variables of the templates (docs/templates.md lists them).
Texts are plain and escaped where they are shown, but those named ``…_html``, which are HTML
already, sanitised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from markupsafe import Markup

from veille.digest import markdown, periods
from veille.digest.catalogue import catalogue
from veille.digest.links import host, is_clickable
from veille.digest.typography import curl, english, french
from veille.model.text import fold, one_line

if TYPE_CHECKING:
    from veille.model.edition import EditionContent, Pick, Sender

# A language tag worth repeating to a browser (RFC 5646, the common shapes).
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who sends: ``name``, ``contact`` (a mailbox), ``archive_url`` (None: not online yet)."""

    name: str
    contact: str | None
    archive_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PickView:
    """One link of an edition.

    ``language`` and ``label`` (``en``, ``EN``) of the page are set only where they differ from the
    edition's; so is ``headline_language``, which is None for a headline that was translated, too.
    ``url`` is None when there is nothing a reader could open; ``host`` is where it leads, and stands
    for the ``source`` of a link that none of them brought.
    """

    position: int
    url: str | None
    host: str
    headline: str
    language: str | None
    headline_language: str | None
    label: str | None
    source: str
    authors: tuple[str, ...]
    chosen_by: tuple[str, ...]
    tags: tuple[str, ...]
    blurb_html: Markup
    blurb_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """One edition. ``period`` is in words, ``period_code`` for machines (``2026-11``), None for a
    quarter, which HTML's <time> has no form for.

    ``ordinal`` and ``name`` are how one speaks of it: ``n° 3``, ``Cinq liens n° 3``. ``title`` is the edition's own, or None when it only repeats ``digest_title``.
    """

    ref: str
    digest: str
    digest_title: str
    number: int
    ordinal: str
    name: str
    period: str
    period_code: str | None
    locale: str
    language: str
    title: str | None
    intro_html: Markup
    intro_text: str
    picks: tuple[PickView, ...]
    url: str | None

    @property
    def full_title(self) -> str:
        """What tells it from all others in a list: ``Cinq liens n° 3 · novembre 2026``."""
        return f"{self.name} · {self.title or self.period}"


def house(sender: Sender) -> House:
    """The sender as templates see it."""
    return House(
        name=one_line(sender.name),
        contact=sender.contact,
        archive_url=sender.archive_url if is_clickable(sender.base_url) else None,
    )


def view(content: EditionContent, sender: Sender, *, narrow: bool) -> EditionView:
    """``content`` as templates see it; ``narrow`` sets U+202F where French does: right for pages."""
    typeset = typesetter(content.locale, narrow=narrow)
    title = typeset(one_line(content.title))
    digest_title = typeset(one_line(content.digest_title))
    ordinal = catalogue(content.locale).gettext("No. %(number)s") % {"number": content.number}
    intro_html, intro_text = markdown.to_both(content.intro or "", typeset=typeset)
    return EditionView(
        ref=content.ref,
        digest=content.digest,
        digest_title=digest_title,
        number=content.number,
        ordinal=ordinal,
        name=_name(digest_title, ordinal),
        period=periods.label(content.period, content.locale),
        period_code=None if "Q" in content.period else content.period,
        locale=content.locale,
        language=content.locale.replace("_", "-"),
        title=None if title in ("", digest_title) else title,
        intro_html=Markup(intro_html),  # noqa: S704  sanitised there
        intro_text=intro_text,
        picks=tuple(_pick(pick, content.locale, sender, narrow=narrow) for pick in content.picks),
        url=sender.permalink(content.folder) if is_clickable(sender.base_url) else None,
    )


def _name(title: str, ordinal: str) -> str:
    """``Cinq liens n° 3``, but ``Cinq liens, une fois par mois, n° 3``: what opens a comma closes it."""
    return f"{title}, {ordinal}" if "," in title else f"{title} {ordinal}"


@lru_cache(maxsize=512)  # the same links stand in many selections of a pool
def _pick(pick: Pick, locale: str, sender: Sender, *, narrow: bool) -> PickView:
    typeset = typesetter(locale, narrow=narrow)
    language = _LANGUAGE.fullmatch(pick.language or "")
    foreign = language is not None and language[1].lower() != _primary(locale)
    # A title is set in its own language. In an unknown one its words stay as far apart as they are,
    # as those of a name do: marks are curled, and spaces may harden, for no sign to stand alone.
    naming = typesetter(locale, narrow=narrow, insert=False)
    translated = foreign and pick.translated
    own = locale if translated else language[1] if language else None
    titling = typesetter(own, narrow=narrow) if own else naming
    headline = titling(one_line(pick.headline))
    blurb_html, blurb_text = markdown.to_both(pick.blurb, typeset=typeset)
    return PickView(
        position=pick.position,
        url=pick.url if is_clickable(pick.url) else None,
        host=host(pick.url),
        headline=(naming(headline) if foreign and not translated else headline) or host(pick.url),
        language=pick.language if foreign else None,
        headline_language=pick.language if foreign and not translated else None,
        label=language[1].upper() if foreign and language else None,
        source=naming(one_line(pick.source)) or host(pick.url),
        # A blog of one person is named once.
        authors=tuple(
            naming(a) for a in map(one_line, pick.authors) if fold(a) != fold(pick.source)
        ),
        chosen_by=tuple(map(one_line, pick.chosen_by)) if sender.credits else (),
        tags=tuple(map(one_line, pick.tags)),
        blurb_html=Markup(blurb_html),  # noqa: S704  sanitised there
        blurb_text=blurb_text,
    )


def typesetter(locale: str, *, narrow: bool, insert: bool = True) -> markdown.Typesetter:
    """How prose of ``locale`` is set."""
    match _primary(locale):
        case "fr":
            return partial(french, narrow=narrow, insert=insert)
        case "en":
            return english if insert else curl
        case _:
            return str


def _primary(locale: str) -> str:
    return re.split("[-_]", locale, maxsplit=1)[0].lower()
