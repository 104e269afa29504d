"""What is said of a mail."""

from __future__ import annotations

from dataclasses import dataclass

from veille.model.edition import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong: the rule's number, what it is, and where the rule comes from."""

    rule: str
    severity: Severity
    message: str
    source: str


def error(rule: str, message: str, source: str) -> Finding:
    """What a server, a mail program or a filter may refuse or break."""
    return Finding(rule=rule, severity=Severity.ERROR, message=message, source=source)


def warning(rule: str, message: str, source: str) -> Finding:
    """What a reader deserves better."""
    return Finding(rule=rule, severity=Severity.WARNING, message=message, source=source)
