"""What the screen says, as styled text: rows, the page of an item, the lines around (pure).

Whatever a style says, a sign or a word says too: the screen is whole without colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from veille.digest.periods import label
from veille.model.edition import Severity
from veille.terminal.counting import plural
from veille.terminal.safe import fit, safe, safe_line, width

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from veille.model.edition import Finding, Pick
    from veille.model.item import Comment, Item
    from veille.workflows.desk import Desk

MISSING, WRITTEN, TALKED = "!", "✎", "…"


def title(desk: Desk, cells: int) -> Text:
    """The first line: which edition, how far, and what is to mend."""
    edition, content = desk.table.edition, desk.table.content
    names = ", ".join(yes.by for yes in desk.standing.approvals)
    state = f"{edition.state}{f' ({names})' if names else ''}"
    period = label(edition.period, content.locale)
    left = f" {edition.ref} · {state} · {safe_line(content.title)} · {period}"
    right = f"{len(desk.picks)} of {edition.digest.links} · {trouble(desk.findings)} "
    return _spread(left, right, cells)


def picks_label(desk: Desk) -> str:
    """How many links there are, and how many of a pool each reader gets."""
    each = f", {len(desk.table.content.picks)} a reader" if desk.table.content.pool else ""
    return f"Picks ({len(desk.picks)}{each})"


def trouble(findings: Iterable[Finding]) -> str:
    """How many findings of each kind there are."""
    found = list(findings)
    errors = sum(one.severity is Severity.ERROR for one in found)
    parts = [plural(errors, "error")] if errors else []
    parts += [plural(len(found) - errors, "warning")] if len(found) > errors else []
    return ", ".join(parts) or "nothing to mend"


def pick_row(pick: Pick, desk: Desk, cells: int) -> Text:
    """A link of the edition; ``!`` while nobody says why."""
    mine = [one for one in desk.findings if one.position == pick.position]
    wrong = any(one.severity is Severity.ERROR for one in mine)
    sign = MISSING if wrong else WRITTEN if pick.blurb else " "
    row = Text(f"{pick.position:>2}. ", "bold")
    row.append(_column(pick.headline, cells - 7))
    row.append(f" {sign}", "bold red" if wrong else "green")
    return row


def candidate_row(item: Item, cells: int) -> Text:
    """A link that could be chosen; ``✎`` when it has its blurb, ``…`` when people talked of it."""
    sign = WRITTEN if item.blurb else TALKED if item.comments else " "
    row = Text(_column(item.title, cells - 3))
    row.append(f" {sign}", "green" if item.blurb else "")
    return row


def item_page(item: Item | None, pick: Pick | None, desk: Desk, zone: ZoneInfo) -> Text:
    """All about a link: its words here, who chose it, who said what, and what lint says."""
    page = Text()
    if item is None and pick is None:
        return Text("Nothing is here yet: ↹ goes to the candidates, a adds one.", "dim")
    page.append(f"{safe_line(pick.headline if pick else item.title if item else '')}\n", "bold")
    if item is not None:
        page.append(f"{_facts(item)}\n", "dim")
    if pick is not None:
        page.append(f"{safe_line(pick.url)}\n", "cyan")
        for one in desk.findings:
            if one.position == pick.position:
                page.append(f"{one.severity}: {safe_line(one.message)}\n", _STYLE[one.severity])
        page.append(f"\n{safe(pick.blurb).strip() or '(nobody says why yet: b writes it)'}\n")
    elif item is not None and item.summary:
        page.append(f"\n{safe(item.summary)}\n")
    for comment in reversed(item.comments if item else ()):
        page.append_text(_comment(comment, zone))
    return page


def findings_page(desk: Desk) -> Text:
    """What lint says, each with its fix."""
    page = Text()
    for one in desk.findings:
        where = f"link {one.position}: " if one.position else ""
        page.append(f"{one.severity} [{one.rule}] {where}", _STYLE[one.severity])
        page.append(f"{safe_line(one.message)}\n")
        page.append(f"    {safe_line(one.fix)}\n", "dim")
    return page or Text("Nothing to say against it (links are followed by 'veille edition lint').")


def preview(desk: Desk) -> Text:
    """The plain text of the mail as it would go out now; of a pool, all that is approved."""
    rendered = desk.table.whole or desk.table.rendered
    return Text(f"{safe_line(rendered.subject)}\n\n", "bold").append(
        safe(rendered.text), "not bold"
    )


def keys(pairs: Iterable[tuple[str, str]], cells: int) -> Text:
    """The keys that fit on a line."""
    line = Text(" ")
    for key, does in pairs:
        if line.cell_len + width(key) + width(does) + 3 > cells:
            break
        line.append(key, "bold").append(f" {does}  ")
    return line


def _facts(item: Item) -> str:
    parts = [safe_line(item.sources[0].title)] if item.sources else []
    parts += [f"kept by {', '.join(map(safe_line, item.kept_by))}"] if item.kept_by else []
    talkers = dict.fromkeys(safe_line(comment.by) for comment in item.comments)
    parts += [f"commented by {', '.join(talkers)}"] if talkers else []
    parts += [" ".join(f"#{safe_line(tag)}" for tag in item.tags)] if item.tags else []
    return " · ".join([*parts, item.language or "language not known", f"item {item.id}"])


def _comment(comment: Comment, zone: ZoneInfo) -> Text:
    blurb = f", blurb {WRITTEN}" if comment.blurb else ""
    told = Text(
        f"\n{safe_line(comment.by)}, {comment.at.astimezone(zone):%d.%m. %H:%M}{blurb}\n", "bold"
    )
    return told.append(f"{safe(comment.text).strip()}\n", "not bold")


def _column(text: str, cells: int) -> str:
    shown = fit(safe_line(text), max(1, cells))
    return shown + " " * (cells - width(shown))


def _spread(left: str, right: str, cells: int) -> Text:
    shown = fit(left, max(1, cells - width(right) - 1))
    gap = max(1, cells - width(shown) - width(right))
    return Text(f"{shown}{' ' * gap}{right}")


_STYLE = {Severity.ERROR: "bold red", Severity.WARNING: "yellow"}
