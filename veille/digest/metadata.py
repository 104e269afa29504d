"""What machines read in a page: a description, OpenGraph's locale, schema.org in JSON-LD."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from babel.core import get_global
from markupsafe import Markup

from veille.digest.catalogue import catalogue
from veille.digest.links import is_clickable
from veille.digest.periods import iso_8601
from veille.model.text import one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from veille.digest.view import EditionView
    from veille.model.edition import EditionContent, Sender

# Inside <script> only these could end the element or begin a comment (HTML Standard 4.12.1.3).
_INERT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def linked_data(content: EditionContent, sender: Sender) -> Markup:
    """The edition as a PublicationIssue whose main entity is the list of its links."""
    online = is_clickable(sender.base_url)
    links = [pick for pick in content.picks if is_clickable(pick.url)]
    issue = {
        "@context": "https://schema.org",
        "@type": "PublicationIssue",
        "name": one_line(content.title),
        "issueNumber": content.number,
        "inLanguage": content.locale.replace("_", "-"),
        "temporalCoverage": iso_8601(content.period),
        "isPartOf": {"@type": "Periodical", "name": one_line(content.digest_title)},
        "publisher": {"@type": "Organization", "name": one_line(sender.name)},
        "mainEntity": {
            "@type": "ItemList",
            "numberOfItems": len(links),
            "itemListElement": [
                {
                    "@type": "ListItem",
                    "position": pick.position,
                    "name": one_line(pick.headline),
                    "url": pick.url,
                }
                for pick in links
            ],
        },
    }
    return script(issue | {"url": sender.permalink(content.folder)} if online else issue)


def description(edition: EditionView, limit: int) -> str:
    """What is inside, in one line of at most ``limit`` characters."""
    words = catalogue(edition.locale).ngettext(
        "%(num)d link chosen and annotated for you: %(headlines)s",
        "%(num)d links chosen and annotated for you: %(headlines)s",
        len(edition.picks),
    )
    headlines = " · ".join(pick.headline for pick in edition.picks)
    return shorten(words % {"num": len(edition.picks), "headlines": headlines}, limit)


def open_graph_locale(locale: str) -> str:
    """``locale`` with the country OpenGraph wants: ``fr_FR``; the likeliest one when not given."""
    likely: str = get_global("likely_subtags").get(locale, locale.replace("-", "_"))
    return f"{likely.split('_')[0]}_{likely.split('_')[-1]}" if "_" in likely else likely


def script(data: Mapping[str, object]) -> Markup:
    """``data`` as JSON that may stand in a script element."""
    text = json.dumps(data, ensure_ascii=False, indent=1).translate(_INERT)
    return Markup(text)  # noqa: S704  no character of it can leave the element
