"""What should not go out, each with the name of its rule, and what to do about it.

Pure: what only the network can tell (:mod:`~veille.digest.lint.visits`) is given.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from veille.digest.lint import finished, picks, visits, whole
from veille.digest.lint.catalogue import RULES, Rule
from veille.digest.lint.visits import Visit, addresses
from veille.model.edition import EditionContent, Finding, Rendered, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from veille.model.item import Shown

__all__ = ["RULES", "Rule", "Visit", "addresses", "lint"]


def lint(
    content: EditionContent,
    rendered: Rendered | None,
    *,
    published: Mapping[int, Sequence[Shown]],
    links: int,
    summaries: Mapping[int, str] | None = None,
    visited: Mapping[str, Visit] | None = None,
    severities: Mapping[str, Severity | None] | None = None,
) -> list[Finding]:
    """The findings in ``content`` and, when given, in its finished text; errors first.

    ``published`` tells for an item where it came out, or what is the same as it; ``links`` is the
    number of links the digest promises; ``summaries`` are what the sources say of the items;
    ``visited`` is what came of following the links, None when nobody did.
    """
    findings = [
        *whole.check(content, links),
        *whole.published(content, published),
        *picks.check(content, summaries or {}),
        *(finished.check(rendered, content.locale) if rendered and content.picks else ()),
        *(visits.check(content, visited) if visited is not None else ()),
    ]
    return sorted(
        _judged(findings, severities or {}),
        key=lambda finding: (finding.severity is Severity.WARNING, finding.position or 0),
    )


def _judged(
    findings: Iterable[Finding], severities: Mapping[str, Severity | None]
) -> Iterable[Finding]:
    for finding in findings:
        severity = severities.get(finding.rule, finding.severity)
        if severity is not None:
            yield replace(finding, severity=severity)
