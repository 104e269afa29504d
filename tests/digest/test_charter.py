"""The charter of the house: who may let an edition out, and whose yes counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from veille.digest.charter import Charter
from veille.errors import Refused
from veille.model.edition import Approval

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def yes(by: str, sha256: str = "a") -> Approval:
    return Approval(by=by, at=NOW, sha256=sha256)


def names(standing) -> list[str]:
    return [one.by for one in standing.approvals]


def test_without_a_word_everybody_may_everything() -> None:
    charter = Charter()
    charter.admit("anybody", "send x/1")
    charter.admit_approver("ana", {"ana"}, "x/1")
    assert charter.standing([yes("ana")], {"ana"}, "a").missing == 0


def test_only_editors_let_an_edition_out() -> None:
    """Handles are compared without case or accents, as everywhere."""
    charter = Charter(editors=("Zoé", "camille"))
    charter.admit("zoe", "publish x/1")
    with pytest.raises(Refused, match=r"luc is no editor .* cannot send x/1: ask Zoé or camille"):
        charter.admit("luc", "send x/1")
    assert names(charter.standing([yes("luc"), yes("ZOÉ")], (), "a")) == ["ZOÉ"]


def test_who_wrote_does_not_approve() -> None:
    charter = Charter(four_eyes=True)
    with pytest.raises(Refused, match="camille drafted x/1 or changed its texts"):
        charter.admit_approver("camille", {"Camille"}, "x/1")
    charter.admit_approver("alex", {"Camille"}, "x/1")
    standing = charter.standing([yes("Camille"), yes("alex")], {"camille"}, "a")
    assert (names(standing), standing.missing, standing.authors) == (["alex"], 0, ("camille",))
    assert standing.uncounted == ("Camille",)


@pytest.mark.parametrize(
    ("authors", "told"),
    [
        ({"ana"}, "so somebody else approves it: ask luc or zoé"),
        ({"ana", "luc", "paul"}, "so somebody else approves it: ask zoé"),
        ({"ana", "luc", "ZOE"}, "so did every other editor: workflow.editors has to name one more"),
    ],
)
def test_an_author_is_told_whom_to_ask(authors, told: str) -> None:
    """Or that nobody is left, which only the settings mend."""
    charter = Charter(editors=("ana", "luc", "zoé"), four_eyes=True)
    with pytest.raises(Refused, match=told):
        charter.admit_approver("ana", authors, "x/1")


def test_a_person_counts_once_and_lapses_by_name() -> None:
    """M17: who approved an earlier text is known, whoever approved this one is not among them."""
    given = [yes("ana", "b"), yes("Luc"), yes("luc")]
    standing = Charter(approvals=2).standing(given, (), "a", said=["ana", "luc", "zoé", "ana"])
    assert (names(standing), standing.missing) == (["Luc"], 1)
    assert standing.lapsed == ("ana", "zoé")


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ((), 2),
        ((yes("ana"),), 1),
        ((yes("ana"), yes("luc")), 0),
        ((yes("ana"), yes("luc", "b")), 1),
        ((yes("ana"), yes("luc"), yes("zoé")), 0),
    ],
)
def test_approvals_are_counted_for_one_text(given, missing) -> None:
    """M17: a yes to another text is no yes."""
    assert Charter(approvals=2).standing(given, (), "a").missing == missing
