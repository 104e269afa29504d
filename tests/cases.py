"""Tests by the case they prove: ``--case U3``, ``--case U`` for a group, ``--case E01-E56`` for a range.

Docstrings of tests carry the numbers; "I1 to I6" stands for all six. After the run a table says, case by
case, how many tests there were, how many of them on PostgreSQL, and whether they passed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pytest

_CASE = re.compile(r"\b([A-Z])(\d{1,2})(?:(?: to |-|–)\1?(\d{1,2}))?\b")


def cases_in(text: str) -> Iterator[str]:
    """The cases that a text names, those of its ranges included.

    >>> list(cases_in("C2 to C4, E09-E10: a mail (U3)"))
    ['C2', 'C3', 'C4', 'E09', 'E10', 'U3']
    """
    for group, first, last in _CASE.findall(text):
        for number in range(int(first), int(last or first) + 1):
            yield f"{group}{number:0{len(first)}}"


def proven(docstring: str, name: str, asked: Iterable[str]) -> list[str]:
    """The cases asked for that a test proves: the one that a parameter of it names, or all it says."""
    said = {case for case in cases_in(docstring) if _is_among(case, asked)}
    return sorted(said.intersection(cases_in(name.partition("[")[2])) or said)


def _is_among(case: str, asked: Iterable[str]) -> bool:
    """By number, by group, or by range."""
    return any(case[0] == one or case in cases_in(one) for one in asked)


def table(ended: Mapping[str, Iterable[pytest.TestReport]], *, on_server: bool) -> Iterator[str]:
    """A line a case, from the reports by how they ended; ``on_server`` says that all were there."""
    tests: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for outcome in ("passed", "skipped", "failed", "error"):  # the worst one stays
        for report in ended.get(outcome, ()):
            for case in (value for name, value in report.user_properties if name == "case"):
                tests[case][report.nodeid] = outcome
    for case, nodes in sorted(tests.items(), key=lambda each: (each[0][0], int(each[0][1:]))):
        there = sum(on_server or "postgresql" in node for node in nodes)
        counts = Counter(nodes.values())
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        yield f"{case:>4}  {len(nodes):4} tests, {there:4} on PostgreSQL: {told}"
