"""What machines read in a page: schema.org in JSON-LD."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from markupsafe import Markup

from veille.digest.links import is_clickable
from veille.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        "temporalCoverage": content.period,
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
    return script(issue | {"url": sender.permalink(content.ref)} if online else issue)


def script(data: Mapping[str, object]) -> Markup:
    """``data`` as JSON that may stand in a script element."""
    text = json.dumps(data, ensure_ascii=False, indent=1).translate(_INERT)
    return Markup(text)  # noqa: S704  no character of it can leave the element
