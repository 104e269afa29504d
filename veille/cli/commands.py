"""The table of commands: where each one lives, and its line in ``veille --help``.

``--help`` reads nothing but this table; a command's module is imported when it is called.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One command: ``attribute`` of ``module`` is the click command, ``help`` its first line."""

    module: str
    attribute: str
    help: str


HEADINGS: dict[str, dict[str, Entry]] = {
    "Curate": {
        "inbox": Entry("items", "inbox", "Show what nobody has triaged yet."),
        "list": Entry("items", "list_items", "Show the items that match a search."),
        "show": Entry("items", "show", "Show everything known of one item."),
        "open": Entry("items", "open_item", "Open an item in the browser."),
        "add": Entry("items", "add", "Bring in a link found elsewhere."),
        "keep": Entry("triage", "keep", "Keep items: they are worth a reader's time."),
        "skip": Entry("triage", "skip", "Put items aside."),
        "reset": Entry("triage", "reset", "Put items back in the inbox."),
        "tag": Entry("tags", "tag", "Put tags on items (+TAG) or take them off (-TAG)."),
        "tags": Entry("tags", "tags", "List, rename and merge tags."),
        "comment": Entry("comments", "comment", "Say why an item matters."),
        "undo": Entry("history", "undo", "Take back your last actions."),
        "log": Entry("history", "log", "Show who did what, when and why."),
    },
}

COMMANDS: dict[str, Entry] = {
    name: entry for entries in HEADINGS.values() for name, entry in entries.items()
}
