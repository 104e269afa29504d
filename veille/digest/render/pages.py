"""The archive: every page and feed of it, as a function of the frozen editions and the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.digest.metadata import description, linked_data, open_graph_locale
from veille.digest.shelves import FEED_LENGTH, Entry, Shelf, arrange, json_feed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veille.digest.render.templates import Templates
    from veille.digest.view import EditionView
    from veille.model.edition import Digest, EditionContent, PublishedEdition, Sender

STYLESHEET = "style.css"
_DESCRIPTION = 200
_RECENT = 12  # issues of a digest on the first page


def stylesheet(templates: Templates) -> bytes:
    """The style sheet of every page."""
    return templates.source(f"site/{STYLESHEET}").encode()


def edition(
    templates: Templates, sender: Sender, content: EditionContent, shown: EditionView
) -> str:
    """The page of an edition."""
    return templates.text(
        "site/edition.html",
        content.locale,
        edition=shown,
        description=description(shown, _DESCRIPTION),
        open_graph_locale=open_graph_locale(content.locale),
        linked_data=linked_data(content, sender),
    )


def archive(
    templates: Templates,
    sender: Sender,
    editions: Sequence[PublishedEdition],
    digests: Sequence[Digest],
) -> dict[str, bytes]:
    """All files of the archive by relative path. Raises TemplateError, naming file and line."""
    shelves = arrange(editions, digests, sender)
    pages: dict[str, str] = {}
    for shelf in shelves:
        pages |= _shelf(templates, sender, shelf)
    language = shelves[0].locale if shelves else digests[0].locale if digests else "en"
    pages["index.html"] = templates.text(
        "site/index.html",
        language,
        shelves=shelves,
        recent=_RECENT,
        language=language.replace("_", "-"),
    )
    files = {path: page.encode() for path, page in sorted(pages.items())}
    style = stylesheet(templates)
    return files | {
        f"{path.removesuffix('index.html')}{STYLESHEET}": style
        for path in files
        if path.endswith("index.html")
    }


def _shelf(templates: Templates, sender: Sender, shelf: Shelf) -> dict[str, str]:
    """The pages and feeds of one digest."""
    entries = [
        Entry(
            issue=issue,
            html=templates.text("site/entry.html", shelf.locale, edition=issue.edition),
        )
        for issue in shelf.issues[:FEED_LENGTH]
    ]
    issues = {
        f"{issue.content.ref}/index.html": edition(templates, sender, issue.content, issue.edition)
        for issue in shelf.issues
    }
    return issues | {
        f"{shelf.slug}/index.html": templates.text("site/digest.html", shelf.locale, shelf=shelf),
        f"{shelf.slug}/feed.xml": templates.text(
            "site/feed.xml", shelf.locale, shelf=shelf, entries=entries
        ),
        f"{shelf.slug}/feed.json": json_feed(shelf, entries, sender),
    }
