"""``veille rule``: what a person sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.program import Program, Result

pytestmark = pytest.mark.usefixtures("pool")


def test_a_rule_from_the_first_try_to_the_last_undo(veille: Program) -> None:
    assert veille("rule", "list").err.startswith("no rule yet")
    tried = veille("rule", "test", "--where", "bibliothèque OR manuscrits", "--skip", "--tag", "b")
    assert tried.out.splitlines() == [
        "1  ○  +b skip  Une bibliothèque ouvre la nuit  title “bibliotheque”",
        "2  ○  +b skip  IIIF pour les manuscrits        title “manuscrits”",
        "5 items collected in the last 30 days; it would apply to 2 items: 2 tagged, 2 skipped",
    ]
    veille("keep", 2)
    added = veille("rule", "add", "le bruit", "--where", "bibliothèque OR IIIF", "--skip")
    assert added.out.splitlines() == [
        "le bruit: skip",
        "5 items collected in the last 30 days; it would apply to 2 items: 2 skipped",
        "1 of these kept by somebody, and skipped then: 2",
    ]
    assert """'veille rule test "le bruit"' shows them""" in added.err
    assert veille("rule", "apply", "--dry-run").out == "would apply to 1 item: 1 skipped\n"
    assert veille("rule", "apply").out == "applied to 1 item: 1 skipped\n"
    shown = veille("show", 1).out
    assert "camille  rule le bruit: skip, since title “bibliotheque”" in shown
    assert veille("list", 'rule:"le bruit"', "--json").json[0]["id"] == 1
    assert (
        "le bruit  bibliothèque OR IIIF  skip  1 item  2026-11-03 10:30"
        in veille("rule", "list").out
    )
    assert veille("undo").out == "undone: rule 1\n"
    assert "0 items  never" in veille("rule", "list").out


def test_kept_for_review_is_seen(veille: Program) -> None:
    veille("rule", "add", "prudence", "--where", "manuscrits", "--keep-for-review", "--paused")
    assert veille("rule", "apply").out == "applied to nothing\n"
    assert veille("rule", "resume", "prudence").out == "prudence is active\n"
    assert veille("rule", "apply", "prudence").out == "applied to 1 item: 1 kept for review\n"
    assert veille("list", "is:review").out.startswith("2  ◎")
    assert "kept for review by a rule" in veille("show", 2).out
    assert veille("show", 2, "--json").json["review"] is True
    veille("skip", 2)
    assert veille("list", "is:review").out == ""


def test_a_rule_is_shown_changed_and_removed(veille: Program) -> None:
    made = veille("rule", "add", "r", "--where", "IIIF", "--tag", "a", "--tag", "b", "--json").json
    assert (made["where"], made["tags"], made["skip"], made["paused"]) == (
        "IIIF",
        ["a", "b"],
        False,
        False,
    )
    assert veille("rule", "edit", "r", "--tag", "c", "--skip", "--name", "s").out == (
        "s: +c, skip where IIIF\n"
    )
    assert veille("rule", "edit", "s", "--tag", "").out == "s: skip where IIIF\n"
    assert veille("rule", "edit", "s", "--no-skip", "--keep-for-review").code == 0
    assert veille("rule", "pause", "s").out == "s is paused\n"
    shown = veille("rule", "show", "s").out
    assert shown.splitlines()[:3] == ["s (paused)", "   where  IIIF", "   does   keep for review"]
    veille("rule", "apply", "s")
    assert "'veille list rule:s' shows them" in veille("rule", "show", "s").err
    assert veille("rule", "show", "s", "--json").json["items"] == 1
    assert veille("rule", "list", "--json").json[0]["keep_for_review"] is True
    assert veille("rule", "remove", "s").out == "removed: s (keep for review where IIIF)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "r", "--where", "x"), "does nothing"),
        (("add", "r", "--where", "tag:", "--skip"), "a tag after tag:"),
        (("add", "r", "--skip"), "--where"),
        (("add", "r", "--where", "x", "--skip", "--keep-for-review"), "choose one"),
        (("edit", "there"), "nothing to change"),
        (("test",), "name a rule, or give --where"),
        (("test", "--where", "x"), "does nothing"),
    ],
)
def test_mistakes_end_with_usage(veille: Program, words: tuple[str, ...], said: str) -> None:
    veille("rule", "add", "there", "--where", "x", "--skip")
    done = veille("rule", *words)
    assert (done.code, said in done.err) == (2, True), done.err


def test_a_rule_that_is_not_there(veille: Program) -> None:
    for words in (("show", "x"), ("remove", "x"), ("apply", "x"), ("pause", "x"), ("test", "x")):
        assert veille("rule", *words).code == 1


def test_trying_and_applying_as_json(veille: Program) -> None:
    veille("rule", "add", "r", "--where", "lang:fr", "--skip")
    tried: Any = veille("rule", "test", "r", "--tag", "x", "--limit", 1, "--json").json
    assert (tried["items"], tried["skipped"], tried["tagged"]) == (4, 4, 4)
    assert [(one["id"], one["would"], one["because"]) for one in tried["matches"]] == [
        (1, "+x skip", [{"field": "lang", "value": "fr"}])
    ]
    assert "the newest 1 are shown" in veille("rule", "test", "r", "--limit", 1).err
    assert veille("rule", "apply", "--json").json["skipped"] == 4


def test_applying_asks_on_a_terminal(veille: Program, on_terminal: Callable[..., Result]) -> None:
    veille("rule", "add", "r", "--where", "IIIF", "--skip")
    refused = on_terminal("rule", "apply", stdin="n\n")
    assert refused.code == 1
    assert "1 item: 1 skipped: apply the rules? [y/N]" in refused.err
    assert on_terminal("rule", "apply", stdin="o\n").code == 0
    assert on_terminal("rule", "apply", "--yes").code == 0


def test_a_collection_tells_what_rules_did(veille: Program, sample_web: str) -> None:
    veille("source", "add", "http://musee.example/atom.xml", http_proxy=sample_web)
    veille("rule", "add", "images", "--where", "source:musee images", "--skip", "--tag", "image")
    done = veille("collect", http_proxy=sample_web)
    assert "rules: 1 item: 1 tagged, 1 skipped" in done.out, done.out + done.err
