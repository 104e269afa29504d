"""What somebody wants to subscribe to, cleaned the same way whatever door it comes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from veille.curation.tags import valid_tags
from veille.errors import UsageError
from veille.feeds import urls
from veille.model.source import SourceDraft
from veille.model.states import SourceKind
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_TITLE = 500


def draft(
    url: str,
    *,
    title: str | None = None,
    site: str | None = None,
    categories: Iterable[str] = (),
    tags: Iterable[str] = (),
    kind: SourceKind = SourceKind.FEED,
    selector: str | None = None,
) -> SourceDraft:
    """A source draft with its identity, cleaned as one that comes from a list is.

    Raises :class:`~veille.errors.UsageError` when an address is not http(s), or a tag is none.
    """
    address = address_of(url)
    if address is None:
        raise UsageError(
            f"'{url}' is no address of the web: it must start with http:// or https://"
        )
    return SourceDraft(
        url=address,
        key=urls.key(address),
        title=_title(title),
        site=_site(site),
        categories=_categories(categories),
        tags=valid_tags(tags),
        kind=kind,
        selector=selector,
    )


def address_of(url: str) -> str | None:
    """The http(s) address somebody means, ``feed://`` links of old readers included."""
    return urls.asked(urls.as_http(url))


def _title(text: str | None) -> str | None:
    return one_line(text or "", MAX_TITLE) or None


def _site(url: str | None) -> str | None:
    if not url or not url.strip():
        return None
    site = urls.asked(url)
    if site is None:
        raise UsageError(f"'{url}' is no address of a site: it must start with http:// or https://")
    return site


def _categories(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in map(one_line, names) if name))


_CLEANED: Mapping[str, Callable[[Any], Any]] = {
    "title": _title,
    "site": _site,
    "categories": _categories,
    "tags": valid_tags,
}


def cleaned(name: str, value: Any) -> Any:
    """A changed field of a source, cleaned as :func:`draft` does; raises alike."""
    clean = _CLEANED.get(name)
    return value if clean is None else clean(value)
