"""Any mail against the rules of a good one: raw bytes in, findings out, each with its source.

Pure. The bytes are read as they stand: parsing with Python's ``email`` would repair what is wrong.
The numbers (E13, …) are those of the tests that prove our own mails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.delivery.audit import body, head, lines
from veille.delivery.audit.findings import Finding
from veille.delivery.audit.raw import read
from veille.model.edition import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Finding", "Severity", "audit"]


def audit(raw: bytes) -> Sequence[Finding]:
    """What is wrong with a mail, by number; an empty list for a mail that is right."""
    mail = read(raw)
    found = [*lines.check(mail), *head.check(mail), *body.check(mail)]
    return sorted(found, key=lambda finding: finding.rule)
