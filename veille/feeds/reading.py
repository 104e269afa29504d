"""What a source shows, whatever it is: a feed, a page that is watched, a site map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.model.states import SourceKind

if TYPE_CHECKING:
    from veille.model.fetched import Fetched, Parsed


def read(kind: SourceKind, selector: str | None, fetched: Fetched) -> Parsed:
    """The entries in an answer; raises ParseError when it is nothing of this kind."""
    if kind is SourceKind.PAGE:
        from veille.feeds.watch import read_page

        return read_page(fetched, selector or "")
    if kind is SourceKind.SITEMAP:
        from veille.feeds.sitemap import read_sitemap

        return read_sitemap(fetched)
    from veille.feeds.parse import parse

    return parse(fetched)


def option(kind: SourceKind, selector: str | None = None) -> bytes:
    """Kind and selector as one value, for :func:`read_option` in another process."""
    return f"{kind.value} {selector or ''}".encode()


def read_option(fetched: Fetched, option: bytes) -> Parsed:
    """:func:`read` with kind and selector as one value."""
    kind, _, selector = option.decode().partition(" ")
    return read(SourceKind(kind), selector or None, fetched)
