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
    "Sources": {
        "source": Entry("sources", "source", "Subscribe to sources, and look after them."),
        "collect": Entry("collect", "collect", "Fetch what is due and store what is new."),
    },
    "Curate": {
        "triage": Entry(
            "keyboard",
            "triage",
            "Go through items at the keyboard: read, keep, skip, tag, comment.",
        ),
        "inbox": Entry("items", "inbox", "Show what nobody has triaged yet."),
        "list": Entry("items", "list_items", "Show the items that match a search."),
        "show": Entry("items", "show", "Show everything known of one item."),
        "open": Entry("items", "open_item", "Open an item in the browser."),
        "add": Entry("items", "add", "Bring in a link found elsewhere."),
        "import": Entry("bookmarks", "import_bookmarks", "Bring in bookmarks kept elsewhere."),
        "keep": Entry("triage", "keep", "Keep items: they are worth a reader's time."),
        "skip": Entry("triage", "skip", "Put items aside."),
        "reset": Entry("triage", "reset", "Put items back in the inbox."),
        "story": Entry(
            "stories", "story", "Items that tell the same: join them, split them, look for them."
        ),
        "tag": Entry("tags", "tag", "Put tags on items (+TAG) or take them off (-TAG)."),
        "tags": Entry("tags", "tags", "List, rename and merge tags."),
        "language": Entry("languages", "language", "Say which language items are written in."),
        "thesaurus": Entry(
            "thesaurus",
            "thesaurus",
            "Say what tags mean: preferred forms, synonyms, wider terms, labels.",
        ),
        "search": Entry(
            "searches", "search", "Save searches under a name, and use them as search:NAME."
        ),
        "rule": Entry("rules", "rule", "Have new items tagged, skipped or kept for review."),
        "comment": Entry("comments", "comment", "Say why an item matters."),
        "export": Entry("exports", "export", "Hand items over to other programs."),
        "undo": Entry("history", "undo", "Take back your last actions."),
        "log": Entry("history", "log", "Show who did what, when and why."),
    },
    "Publish": {
        "digest": Entry(
            "plans", "digest", "Publications that come back: their title, rule and rhythm."
        ),
        "edition": Entry("publishing", "edition", "From kept items to what readers get."),
        "compose": Entry(
            "compose", "compose", "Arrange, write and check an edition on one screen, by keys."
        ),
        "subscriber": Entry("readers", "subscriber", "The readers of the digests."),
        "suppression": Entry(
            "suppression", "suppression", "The addresses that nobody writes to, and why."
        ),
        "mailbox": Entry(
            "mailbox",
            "mailbox",
            "What readers and mail servers answer: failures, farewells, links.",
        ),
        "ledger": Entry(
            "sending", "ledger", "Show who received an edition, and settle what is in doubt."
        ),
        "lint": Entry(
            "lint", "lint", "Check a mail (a .eml file) against the rules of a good one."
        ),
        "template": Entry("templates", "template", "How mails and pages look: list, copy, check."),
        "archive": Entry("publishing", "archive", "The static site of all published editions."),
    },
    "Workspace": {
        "init": Entry(
            "workspace", "init", "Make a workspace; nothing that is there is overwritten."
        ),
        "run": Entry(
            "run",
            "run",
            "Keep watch unattended: collect, open editions, send what is approved, back up.",
        ),
        "serve": Entry(
            "serve",
            "serve",
            "Let reader apps curate into the pool: the Google Reader API, as FreshRSS has it.",
        ),
        "token": Entry("tokens", "token", "Let reader apps in, each with a token of its own."),
        "worker": Entry(
            "worker",
            "worker",
            "Take errands from the queue: collect, read full texts, send editions.",
        ),
        "stats": Entry("stats", "stats", "Show what the team did in a period, and what it says."),
        "doctor": Entry(
            "doctor", "doctor", "Say what is wrong, and how to mend it; exit 1 when something is."
        ),
        "backup": Entry(
            "backups",
            "backup",
            "Copy the database into one file, while others work; the copy is proven whole.",
        ),
        "restore": Entry(
            "backups", "restore", "Put a backup in the place of the database, which is kept aside."
        ),
        "purge": Entry("purge", "purge", "Remove for good what is old and nobody touched."),
        "upgrade": Entry(
            "backups",
            "upgrade",
            "Bring the database to the schema of this version, after a backup.",
        ),
        "copy": Entry(
            "backups",
            "copy",
            "Copy a whole database into a new one, of either kind; the tables are compared afterwards.",
        ),
        "demo": Entry("demo.command", "demo", "Run the whole main job on a sample, offline."),
    },
}

COMMANDS: dict[str, Entry] = {
    name: entry for entries in HEADINGS.values() for name, entry in entries.items()
}
