"""Bookmarks, as browsers and services of read-later write them in HTML, in and out.

The form goes back to Netscape Navigator and has no specification beside what programs write
(https://learn.microsoft.com/en-us/previous-versions/windows/internet-explorer/ie-developer/platform-apis/aa753582(v=vs.85)):
``<DT><A HREF ADD_DATE TAGS>title</A>``, ``<DD>`` for a note, ``<DL>`` after ``<H3>`` for a folder.
Nothing is ever closed properly, so the tags are read one by one and no tree is made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from veille.errors import ParseError
from veille.feeds import urls
from veille.feeds.encoding import decode
from veille.model.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from veille.model.item import Item

_MAX_TITLE = 500
_MAX_FOLDERS = 20
_PERIODS = (1, 1_000, 1_000_000)  # browsers count seconds, Safari's heirs milliseconds, Google µs
_DATES = ("add_date", "time_added", "last_modified")
_HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>{title}</TITLE>
<H1>{title}</H1>
<DL><p>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """A link as somebody saved it. ``note`` is plain text, ``folders`` lead to it from the top."""

    url: str
    title: str
    added: datetime | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    folders: tuple[str, ...] = ()
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedBookmark:
    """A line that leads to no page of the web, and why it was not taken."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmarks:
    """A file as read, in its order."""

    links: tuple[Bookmark, ...]
    refused: tuple[RefusedBookmark, ...] = ()


def read(data: bytes) -> Bookmarks:
    """Read a file of bookmarks. Raises ParseError for one that holds none."""
    reader = _Reader()
    reader.feed(decode(data))
    reader.close()
    reader.finish()
    if not reader.found:
        raise ParseError(
            "this file holds no bookmarks: export them as HTML from the browser or the service"
        )
    by_comma = any("," in one.tags for one in reader.found)
    taken, refused = [], []
    for one in reader.found:
        reason = _reason(one.url)
        if reason is None:
            taken.append(one.bookmark(by_comma=by_comma))
        else:
            refused.append(RefusedBookmark(url=one_line(one.url, 200), reason=reason))
    return Bookmarks(links=tuple(taken), refused=tuple(refused))


def write(items: Iterable[Item], *, title: str) -> str:
    """The items that have an address as a file of bookmarks; :func:`read` reads it back."""
    return _HEAD.format(title=escape(title)) + "".join(map(_line, items)) + "</DL><p>\n"


def _line(item: Item) -> str:
    if item.url is None:
        return ""
    added = int((item.published or item.collected).timestamp())
    tags = escape(",".join(item.tags))
    note = item.blurb.text if item.blurb else item.summary
    described = f"<DD>{escape(note, quote=False)}\n" if note else ""
    return (
        f'<DT><A HREF="{escape(item.url)}" ADD_DATE="{added}" TAGS="{tags}">'
        f"{escape(item.title, quote=False)}</A>\n{described}"
    )


@dataclass(slots=True)
class _Found:
    """A bookmark in the making."""

    url: str
    added: datetime | None
    tags: str
    private: bool
    folders: tuple[str, ...]
    title: str = ""
    note: str = ""

    def bookmark(self, *, by_comma: bool) -> Bookmark:
        """The finished one. Tags are parted by commas, in old files of Shaarli by spaces."""
        tags = self.tags.split(",") if by_comma else self.tags.split()
        named = dict.fromkeys(one_line(tag) for tag in tags)
        return Bookmark(
            url=self.url,
            title=one_line(self.title, _MAX_TITLE) or self.url,
            added=self.added,
            tags=tuple(tag for tag in named if tag),
            note=_unindented(clean(self.note)),
            folders=self.folders,
            private=self.private,
        )


@dataclass(slots=True)
class _Place:
    """Where the text that comes next belongs."""

    found: _Found | None = None
    in_link: bool = False
    in_note: bool = False
    heading: list[str] | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Found] = []
        self._folders: list[str] = []
        self._next_folder: str | None = None
        self._described: _Found | None = None
        self._at = _Place()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "a" if "href" in given and not self._at.in_note:
                self._begin(given)
            case "dt" | "li" | "hr":
                self._at = _Place()
            case "dd":
                self._at = _Place(found=self._described, in_note=True)
            case "dl" | "ul":
                self._at = _Place()
                self._folders.append(self._next_folder or "")
                self._next_folder = None
            case "h3":
                self._at = _Place(heading=[])
                self._described = None  # the note that may come is the folder's own
            case "br" if self._at.in_note:
                self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a":
                self._at.in_link = False
            case "dl" | "ul":
                self._at = _Place()
                if self._folders:
                    self._folders.pop()
            case "h3" if self._at.heading is not None:
                self._next_folder = one_line("".join(self._at.heading), 100)
                self._at = _Place()

    def handle_data(self, data: str) -> None:
        at = self._at
        if at.heading is not None:
            at.heading.append(data)
        elif at.found is not None and at.in_link:
            at.found.title += data
        elif at.found is not None and at.in_note:
            at.found.note += data

    def finish(self) -> None:
        """A note may be the last thing in a file that is cut."""
        self._at = _Place()

    def _begin(self, given: dict[str, str]) -> None:
        found = _Found(
            url=given["href"].strip(),
            added=next(filter(None, (_instant(given.get(name, "")) for name in _DATES)), None),
            tags=given.get("tags", ""),
            private=given.get("private") == "1",
            folders=tuple(name for name in self._folders if name)[:_MAX_FOLDERS],
            note=given.get("description", ""),
        )
        self.found.append(found)
        self._described = found
        self._at = _Place(found=found, in_link=True)


def _instant(value: str) -> datetime | None:
    """A number of seconds, milliseconds or microseconds; None for anything else."""
    if not re.fullmatch(r"[0-9]{1,17}", value.strip()) or not int(value):
        return None
    seconds = next((int(value) / unit for unit in _PERIODS if int(value) / unit < 1e11), None)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)


def _reason(url: str) -> str | None:
    """Why an address cannot be taken."""
    if urls.is_http(url):
        return None
    return "no address of the web: it must start with http:// or https://"


def _unindented(note: str) -> str:
    """The lines of a note without what trails them and the blank ones around it."""
    return "\n".join(line.rstrip() for line in note.splitlines()).strip()
