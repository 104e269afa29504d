"""The charter of the house at the command line: editors, two approvals, four eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import url_of
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def house(tmp_path: Path, edited: str):
    """Writes the charter into the settings."""

    def write(rules: str) -> str:
        (tmp_path / "watch" / "veille.toml").write_text(
            f'[veille]\ntimezone = "Europe/Paris"\n[workflow]\n{rules}\n'
        )
        return edited

    return write


def shown(veille, ref: str):
    return veille("edition", "show", ref, "--json").json


def test_two_people_approve(veille, house) -> None:
    """One yes is not enough, twice the same neither; the second one makes it approved."""
    ref = house("approvals = 2")
    first = veille("edition", "approve", ref)
    assert first.code == 0
    assert "1 approval still missing" in first.err + first.out
    assert veille("edition", "approve", ref).code == 0
    told = shown(veille, ref)
    assert (told["state"], told["approved_by"], told["approvals_wanted"]) == ("draft", None, 2)
    assert [one["by"] for one in told["approvals"]] == ["camille"]
    assert "approved by camille (1 approval missing)" in veille("edition", "show", ref).out
    refused = veille("edition", "publish", ref)
    assert refused.code == 1
    assert f"{ref} has 1 of 2 approvals (camille)" in refused.err
    done = veille("--as", "alex", "edition", "approve", ref, "--json").json
    assert (done["state"], done["approved_by"]) == ("approved", "alex")
    assert sorted(one["by"] for one in done["approvals"]) == ["alex", "camille"]
    assert veille("edition", "publish", ref).code == 0


def test_one_changed_byte_lapses_every_approval(veille, house) -> None:
    """M17, U5: the first of two as well as the second."""
    ref = house("approvals = 2")
    veille("edition", "approve", ref)
    veille("edition", "edit", ref, "--intro", "Bonjour.")
    assert shown(veille, ref)["approvals"] == []
    again = veille("edition", "edit", ref, "--intro", "Bonjour !")
    assert "approved" not in again.err  # told once: there is nothing left to take away
    veille("edition", "approve", ref)
    veille("--as", "alex", "edition", "approve", ref)
    changed = veille("edition", "edit", ref, "--intro", "Bonsoir.")
    assert "no longer what camille and alex approved" in changed.err
    told = shown(veille, ref)
    assert (told["state"], told["approved_by"], told["approvals"]) == ("draft", None, [])
    assert told["lapsed"] == ["camille", "alex"]
    assert "draft, changed since camille and alex approved it" in veille("edition", "show", ref).out
    for verb in ("send", "publish"):
        refused = veille("edition", verb, ref)
        assert (refused.code, refused.out) == (1, "")
        assert f"{ref} changed after camille and alex approved it" in refused.err


def test_a_person_counts_once_however_they_write_their_name(veille, house) -> None:
    """Two handles that differ in case or accents are one pair of eyes."""
    ref = house("approvals = 2")
    veille("--as", "zoé", "edition", "approve", ref)
    again = veille("--as", "Zoe", "edition", "approve", ref)
    assert (again.code, "1 approval still missing" in again.err + again.out) == (0, True)
    told = shown(veille, ref)
    assert (told["state"], len(told["approvals"])) == ("draft", 1)
    refused = veille("edition", "send", ref)
    assert (refused.code, "has 1 of 2 approvals" in refused.err) == (1, True)


def test_an_edition_changed_since_is_refused_by_name(veille, house) -> None:
    """M17: publish and send say who had approved it."""
    ref = house("approvals = 1")
    veille("edition", "approve", ref)
    veille("comment", 1, "Une autre raison.", "--blurb")
    for verb in ("publish", "send"):
        refused = veille("edition", verb, ref)
        assert (refused.code, refused.out) == (1, "")
        assert f"{ref} changed after camille approved it" in refused.err


@pytest.mark.parametrize("verb", ["approve", "publish", "send"])
def test_only_editors_let_an_edition_out(veille, house, verb: str) -> None:
    """Everybody may draft and suggest; the refusal names those to ask."""
    ref = house('editors = ["alex"]')
    veille("--as", "alex", "edition", "approve", ref)
    assert veille("edition", "edit", ref, "--title", "Trois liens").code == 0
    refused = veille("edition", verb, ref)
    assert refused.code == 1
    assert f"camille is no editor of this house and cannot {verb} {ref}: ask alex" in refused.err


def test_who_wrote_does_not_approve(veille, house) -> None:
    """Four eyes: drafting and editing texts make an author, rearranging does not."""
    ref = house("four_eyes = true")
    refused = veille("edition", "approve", ref)
    assert refused.code == 1
    assert f"camille drafted {ref}" in refused.err
    assert veille("--as", "alex", "edition", "move", ref, 2, 1).code == 0
    assert veille("--as", "alex", "edition", "approve", ref).code == 0
    veille("--as", "zoé", "edition", "edit", ref, "--item", 1, "--headline", "Plus court")
    assert "zoé drafted" in veille("--as", "zoé", "edition", "approve", ref).err
    assert shown(veille, ref)["authors"] == ["camille", "zoé"]


def test_a_charter_made_stricter_holds_at_once(veille, house) -> None:
    """An approval that no longer counts sends nothing; what is out stays out."""
    ref = house("approvals = 1")
    veille("edition", "approve", ref)
    house("four_eyes = true")
    refused = veille("edition", "publish", ref)
    assert (refused.code, refused.err) == (
        1,
        (
            f"veille: {ref} is not approved: camille said yes, and by the charter that does not count "
            "([workflow] in veille.toml): somebody else approves it\n"
        ),
    )
    house("four_eyes = false")
    assert veille("edition", "publish", ref).code == 0
    house("four_eyes = true")
    veille("subscriber", "add", "ana@example.org")
    assert veille("edition", "send", ref).code == 0


def test_a_machines_draft_is_written_by_those_it_quotes(veille, house, tmp_path: Path) -> None:
    """Four eyes without a drafter: whoever wrote the comments does not approve them alone."""
    from sqlalchemy import text

    ref = house("four_eyes = true")
    db = Database.open(url_of(tmp_path / "watch"))
    with db.write() as connection:
        connection.execute(text("UPDATE event SET \"by\" = NULL WHERE action = 'edition-draft'"))
    db.close()
    assert shown(veille, ref)["authors"] == ["camille"]
    assert veille("edition", "approve", ref).code == 1
    assert veille("--as", "alex", "edition", "approve", ref).code == 0


def test_settings_of_the_workflow(veille, house) -> None:
    """Exit 2, and what was expected; the environment may list editors."""
    ref = house("approvals = 3")
    refused = veille("edition", "show", ref)
    assert (refused.code, "expected one of 1, 2" in refused.err) == (2, True)
    ref = house("approvals = 1")
    told = veille("edition", "approve", ref, VEILLE_WORKFLOW_EDITORS="alex, zoé")
    assert "ask alex or zoé" in told.err
    assert veille("edition", "approve", ref, VEILLE_WORKFLOW_APPROVALS="2").code == 0


def test_three_of_five_leave_when_the_house_lets_them(veille, house) -> None:
    """M16: nothing to nobody; fewer than promised only where that is a warning, as the house says."""
    ref = house("approvals = 1")
    veille("digest", "edit", "trois-liens", "--links", 5)
    refused = veille("edition", "approve", ref, VEILLE_LINT_ERRORS="too-few-links")
    assert (refused.code, "3 of the 5 links" in refused.err) == (1, True)
    assert "is not approved" in veille("edition", "send", ref).err
    assert veille("edition", "approve", ref).code == 0
    for item in (1, 2, 3):
        veille("edition", "remove", ref, item)
    refused = veille("edition", "approve", ref)
    assert (refused.code, "the edition has no link" in refused.err) == (1, True)
    assert veille("edition", "send", ref).code == 1
