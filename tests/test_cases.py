"""Tests found by the case they prove."""

from __future__ import annotations

from types import SimpleNamespace

from tests.cases import cases_in, proven, table


def test_ranges_stand_for_all_in_them() -> None:
    assert list(cases_in("C2 to C4, E09-E10 and F1–F2: a mail (U3), 2026")) == [
        "C2", "C3", "C4", "E09", "E10", "F1", "F2", "U3",
    ]  # fmt: skip


def test_a_group_a_number_a_range_choose_and_a_parameter_tells_which_one() -> None:
    assert proven("U3, I4: both.", "test", ["U"]) == ["U3"]
    assert proven("U3, I4: both.", "test", ["I4", "U1-U3"]) == ["I4", "U3"]
    assert proven("E01 to E55.", "test[E36-x]", ["E"]) == ["E36"]
    assert proven("Nothing.", "test[E36]", ["E"]) == []


def test_the_worst_end_of_a_test_counts() -> None:
    def report(node: str) -> SimpleNamespace:
        return SimpleNamespace(nodeid=node, user_properties=[("case", "U3")])

    ended = {
        "passed": [report("a[sqlite]"), report("b[postgresql]")],
        "error": [report("a[sqlite]")],
    }
    assert list(table(ended, on_server=False)) == [
        "  U3     2 tests,    1 on PostgreSQL: 1 error, 1 passed"
    ]
