"""Subscription lists: OPML 1.0, 1.1 and 2.0 as readers write them, in and out.

Lists are read with defusedxml. One that is not well-formed is refused with its reason, or read with
listparser when the caller asks for leniency; one that declares entities is always refused. The
specification is http://opml.org/spec2.opml; what real lists do beside it (``text`` without
``title``, attribute names in any case, the same feed in several folders) is accepted.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError as XmlError
from xml.sax.saxutils import escape, quoteattr

from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

from veille.errors import OpmlError
from veille.feeds import urls
from veille.model.source import Source, SourceDraft
from veille.model.text import clean, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAX_DEPTH = 20  # folders below are counted as the twentieth: paths stay short in a hostile list
_MAX_NAME = 200
_DECLARATION = re.compile(rb"""^(<\?xml[^>]*?encoding\s*=\s*["'])([A-Za-z0-9._:-]+)(["'])""")
_LENIENT_HINT = "read what can be read with --lenient"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedSource:
    """A line of a list that was not taken, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """A list as read: each source once. ``problem`` says in one line what was wrong with the list.

    ``variants`` counts the addresses left out because another spelling of them (``http`` for
    ``https``, with ``www.``) was listed before.
    """

    drafts: tuple[SourceDraft, ...]
    refused: tuple[RefusedSource, ...] = ()
    problem: str | None = None
    variants: int = 0


def read(data: bytes, *, lenient: bool = False) -> Subscriptions:
    """Read a list. Nested folders become categories ``A/B``; ``category`` attributes become tags.

    Raises OpmlError, with the reason, for a list that is not well-formed (unless ``lenient`` and
    something could be had), declares entities, or is empty.
    """
    if not data.strip():
        raise OpmlError("this list is empty: nothing was imported")
    collected = _Collected()
    try:
        _parse(data, collected)
    except DefusedXmlException as error:
        raise OpmlError(
            "this list declares entities, which lists never need and attacks use: "
            "nothing was imported; export it again from its reader"
        ) from error
    except (XmlError, ValueError, LookupError) as error:
        problem = f"this list is not well-formed XML: {one_line(str(error), 200)}"
        if not lenient:
            raise OpmlError(f"{problem}; mend it, or {_LENIENT_HINT}") from error
        return _read_leniently(data, problem)
    return collected.subscriptions()


@dataclass(slots=True)
class _Found:
    url: str
    key: str
    title: str | None
    site: str | None
    categories: list[str]
    tags: list[str]

    def absorb(self, other: _Found) -> None:
        """Add what a second line says of the same feed."""
        self.title = self.title or other.title
        self.site = self.site or other.site
        self.categories += [name for name in other.categories if name not in self.categories]
        self.tags += [name for name in other.tags if name not in self.tags]


@dataclass(slots=True)
class _Collected:
    """The target of the XML parser: lines in, each feed once. Nesting costs no recursion."""

    root: str | None = None
    outlines: int = 0
    folders: list[str] = field(default_factory=list)
    pushed: list[bool] = field(default_factory=list)
    found: dict[str, _Found] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = tag.rpartition("}")[2].lower()
        self.root = self.root or name
        if name != "outline":
            return
        self.outlines += 1
        outline = {key.lower(): value for key, value in attributes.items()}
        url = outline.get("xmlurl", "").strip()
        if url:
            self.add(url, outline, "/".join(self.folders))
        folder = None if url else _name(outline)
        self.pushed.append(folder is not None and len(self.folders) < _MAX_DEPTH)
        if self.pushed[-1] and folder is not None:
            self.folders.append(folder)

    def end(self, tag: str) -> None:
        if tag.rpartition("}")[2].lower() == "outline" and self.pushed.pop():
            self.folders.pop()

    def data(self, text: str) -> None:
        """Text between elements says nothing in OPML."""

    def close(self) -> None:
        """The parser asks for it at the end."""

    def add(self, url: str, outline: Mapping[str, str], folder: str) -> None:
        address = urls.asked(urls.as_http(url))
        if address is None:
            self.refused.setdefault(one_line(url, 500), _reason(url))
            return
        self.addresses.add(address)
        listed, tags = _category_attribute(outline.get("category", ""))
        categories = [folder, *listed] if folder else listed
        key = urls.key(address)
        found = _Found(address, key, _title(outline, address), _site(outline), categories, tags)
        known = self.found.setdefault(key, found)
        if known is not found:
            known.absorb(found)

    def subscriptions(self, problem: str | None = None) -> Subscriptions:
        if problem is None and not self.outlines and self.root != "opml":
            problem = f"this is no OPML list: its root element is <{one_line(self.root or '', 40)}>"
        return Subscriptions(
            drafts=tuple(
                SourceDraft(
                    url=found.url,
                    key=found.key,
                    title=found.title,
                    site=found.site,
                    categories=tuple(dict.fromkeys(found.categories)),
                    tags=tuple(dict.fromkeys(found.tags)),
                )
                for found in self.found.values()
            ),
            refused=tuple(RefusedSource(url=url, reason=why) for url, why in self.refused.items()),
            problem=problem,
            variants=len(self.addresses) - len(self.found),
        )


def _parse(data: bytes, target: _Collected) -> None:
    """Feed the bytes to expat; an encoding it does not know is decoded here first."""
    declared = _DECLARATION.match(data.removeprefix(codecs.BOM_UTF8))
    if declared is not None and _needs_decoding(declared[2].decode()):
        text = data.decode(declared[2].decode())
        data = text.replace(declared[2].decode(), "utf-8", 1).encode()
    parser = DefusedXMLParser(target=target, forbid_dtd=False)
    parser.feed(data)
    parser.close()


def _needs_decoding(encoding: str) -> bool:
    """Whether expat lacks the encoding: it has these, and Python lends it single-byte ones only."""
    name = codecs.lookup(encoding).name
    return name.startswith(("gb", "big5", "euc", "shift", "iso2022", "johab", "hz", "cp9"))


def _read_leniently(data: bytes, problem: str) -> Subscriptions:
    import listparser

    try:
        harvest = listparser.parse(data)
    except Exception as error:  # a lenient reader that fails leaves nothing to read
        raise OpmlError(f"{problem}; nothing could be read from it") from error
    collected = _Collected(root="opml")
    for feed in harvest.feeds:
        folders = [_path(names) for names in feed.get("categories", []) if names]
        outline = {"title": feed.get("title") or ""}
        for folder in folders or [""]:
            collected.add(feed.get("url") or "", outline, folder)
    if not collected.found:
        raise OpmlError(f"{problem}; no feed could be read from it")
    return collected.subscriptions(problem=f"{problem}; what could be read was taken")


def _reason(url: str) -> str:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", url)
    if scheme and scheme[1].lower() not in ("http", "https", "feed"):
        return f"only http and https addresses can be collected, not {scheme[1].lower()}:"
    return "this is not a complete web address"


def _name(outline: Mapping[str, str]) -> str | None:
    """The name of a folder, None for one that has none. A slash would make two of it: it does."""
    name = outline.get("text", "").strip() or outline.get("title", "").strip()
    return _path(name.split("/")) or None


def _path(names: Sequence[str]) -> str:
    parts = [one_line(name, _MAX_NAME) for name in names[:_MAX_DEPTH]]
    return "/".join(part for part in parts if part)


def _title(outline: Mapping[str, str], url: str) -> str | None:
    title = one_line(outline.get("title", ""), 500) or one_line(outline.get("text", ""), 500)
    return title if title and title != url else None


def _site(outline: Mapping[str, str]) -> str | None:
    site = outline.get("htmlurl", "").strip()
    return site if site and urls.is_http(site) else None


def _category_attribute(value: str) -> tuple[list[str], list[str]]:
    """Categories and tags of a ``category`` attribute: OPML 2.0 tells them apart by the slash."""
    categories, tags = [], []
    for part in value.split(",") if value else ():
        text = part.replace("%2C", ",").replace("%25", "%")
        if "/" in text:
            categories.append(_path(text.split("/")))
        else:
            tags.append(one_line(text.strip().lstrip("#"), _MAX_NAME))
    return [name for name in categories if name], [name for name in tags if name]


def write(sources: Sequence[Source], *, title: str, created: datetime | None = None) -> bytes:
    """An OPML 2.0 list of the sources that :func:`read` gives back unchanged.

    A source is in the folder of its first category; further categories (with a leading slash) and
    tags are in its ``category`` attribute, as OPML 2.0 has it. ``created`` is an aware datetime.
    """
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<opml version="2.0">', "  <head>"]
    lines.append(f"    <title>{escape(one_line(title))}</title>")
    if created is not None:
        stamp = format_datetime(created.astimezone(UTC), usegmt=True)
        lines.append(f"    <dateCreated>{stamp}</dateCreated>")
    lines += ["  </head>", "  <body>"]
    lines += _folder(_tree(sources), "    ")
    lines += ["  </body>", "</opml>", ""]
    return "\n".join(lines).encode()


@dataclass(slots=True)
class _Folder:
    folders: dict[str, _Folder] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)


def _tree(sources: Sequence[Source]) -> _Folder:
    root = _Folder()
    for source in sources:
        folder = root
        for name in source.categories[0].split("/") if source.categories else ():
            folder = folder.folders.setdefault(name, _Folder())
        folder.sources.append(source)
    return root


def _folder(folder: _Folder, indent: str) -> Iterator[str]:
    for source in folder.sources:
        yield f"{indent}<outline {_attributes(source)}/>"
    for name, inner in folder.folders.items():
        yield f"{indent}<outline text={_quoted(name)} title={_quoted(name)}>"
        yield from _folder(inner, indent + "  ")
        yield f"{indent}</outline>"


def _attributes(source: Source) -> str:
    pairs = {"type": "rss", "text": source.title or source.url}
    if source.title:
        pairs["title"] = source.title
    pairs["xmlUrl"] = source.url
    if source.site:
        pairs["htmlUrl"] = source.site
    listed = [f"/{name}" for name in source.categories[1:]] + list(source.tags)
    if listed:
        pairs["category"] = ",".join(
            name.replace("%", "%25").replace(",", "%2C") for name in listed
        )
    return " ".join(f"{name}={_quoted(value)}" for name, value in pairs.items())


def _quoted(value: str) -> str:
    return quoteattr(clean(value))
