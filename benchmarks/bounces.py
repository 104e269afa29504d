"""Compare what we read of delivery reports and automatic replies with what a corpus says they are.

``python -m benchmarks.bounces FOLDER``: FOLDER holds ``manifest.json`` (``messages``: ``file``,
``kind``, ``facts`` with ``final_recipients``, ``statuses`` and ``actions``, ``source_expectation`` with
``recipients``) beside the letters. Prints the counts, and every difference; ends with 1 when a report
was missed, an automatic reply counted, or a recipient or status of RFC 3464 read otherwise.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from veille.delivery.mailbox import read_letter
from veille.model.letter import LetterKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from veille.model.letter import Letter

REPORTS = (LetterKind.FAILURE, LetterKind.DELAY, LetterKind.RECEIPT, LetterKind.COMPLAINT)


def _is_report(message: dict[str, Any]) -> bool:
    return str(message["kind"]).startswith(("bounce", "delivery report"))


def _differences(message: dict[str, Any], letter: Letter) -> Iterator[str]:
    """What we read otherwise than the corpus says."""
    if _is_report(message) != (letter.kind in REPORTS):
        yield f"{message['kind']} read as {letter.kind}"
    facts = message["facts"]
    if not facts["final_recipients"]:
        return
    read: dict[str, list[str | None]] = {
        "final_recipients": [one.recipient for one in letter.refusals],
        "statuses": [one.status for one in letter.refusals],
        "actions": [one.action for one in letter.refusals],
    }
    for name, ours in read.items():
        theirs = {str(one).lower() for one in facts[name]}
        found = {str(one).lower() for one in ours}
        if theirs != found:
            yield f"{name}: {sorted(theirs)} read as {sorted(found)}"


def _class(message: dict[str, Any], letter: Letter) -> str | None:
    """How our class of status (2, 4, 5) compares with that of the corpus' own parser."""
    told = (message.get("source_expectation") or {}).get("recipients", [])
    theirs = {one["dsn"][:1] for one in told} - {""}
    if not theirs or letter.kind not in REPORTS:
        return None
    return "same" if theirs == {one.status[:1] for one in letter.refusals} else "other"


def main(arguments: list[str]) -> int:
    """Print counts and differences, and with ``-v`` the classes that differ."""
    manifest = Path(arguments[0]).resolve() / "manifest.json"
    folder = manifest.parent.parent  # paths in the manifest begin with the corpus's own folder
    messages = json.loads(manifest.read_text(encoding="utf-8"))["messages"]
    counts: Counter[tuple[str, str]] = Counter()
    classes: Counter[str] = Counter()
    wrong = 0
    started = time.process_time()
    for message in messages:
        letter = read_letter((folder / message["file"]).read_bytes())
        counts[message["kind"], letter.kind.value] += 1
        for difference in _differences(message, letter):
            wrong += 1
            print(f"  {message['id']}: {difference}")
        compared = _class(message, letter)
        classes.update([compared] if compared else [])
        if compared == "other" and "-v" in arguments:
            print(f"  {message['id']}: class {sorted(one.status for one in letter.refusals)}")
    spent = time.process_time() - started
    for (kind, ours), count in sorted(counts.items()):
        print(f"{count:>5}  {kind:<20} {ours}")
    print(
        f"{len(messages)} letters, {wrong} differences; class of status as the corpus' own parser "
        f"{classes['same']} of {classes.total()}; {1000 * spent / len(messages):.1f} ms a letter"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
