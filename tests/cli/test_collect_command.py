"""``veille collect``: what is due, what failed, what it says."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from veille.cli.demo.server import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sources(veille, workspace: Path, sample_web: str):
    """The three sources of the sample, imported."""
    assert veille("source", "import", SAMPLE / "sources.opml").code == 0
    return veille


def test_collect_once_then_nothing_is_due(sources) -> None:
    """H17: due times come from the database; the second run asks nobody."""
    first = sources("collect", "--json").json
    assert (first["sources"], first["fetched"], first["new"]) == (3, 3, 16)
    second = sources("collect", "--json").json
    assert (second["fetched"], second["skipped"], second["new"]) == (0, 3, 0)
    assert "nothing is due" in sources("collect").err


def test_a_forced_second_collection_changes_nothing(sources) -> None:
    """H4: the same bytes are neither new nor updated."""
    sources("collect")
    again = sources("collect", "--force", "--json").json
    assert (again["new"], again["updated"], again["failed"]) == (0, 0, 0)
    assert again["fetched"] + again["not_modified"] == 3


def test_collect_names_one_source(sources) -> None:
    """A source named is visited now, due or not."""
    report = sources("collect", "shelves", "--json").json
    assert (report["sources"], report["fetched"]) == (1, 1)
    assert sources("collect", "nowhere").code == 1


def test_a_broken_source_never_stops_the_others(sources) -> None:
    """N1: exit 3 names it, with the kind of failure; the others are in."""
    assert (
        sources(
            "source", "edit", "shelves", "--url", "http://open-shelves.example/missing.xml"
        ).code
        == 0
    )
    report = sources("collect", "--json")
    assert report.code == 3
    assert report.json["fetched"] == 2
    (failure,) = report.json["failures"]
    assert failure["kind"] == "http-status"
    assert failure["url"].endswith("/missing.xml")
    assert failure["next_try"] > "2026"
    (listed,) = [row for row in sources("source", "list", "--json").json if row["errors"]]
    assert listed["last_error"]["kind"] == "http-status"
    shown = sources("source", "show", "shelves")
    assert "last error" in shown.out


def test_the_report_names_failures_on_standard_error(sources) -> None:
    """H21: a page in place of a feed is no feed; items and title stay."""
    sources("source", "edit", "shelves", "--url", "http://open-shelves.example/index.html")
    report = sources("collect")
    assert report.code == 3
    assert "1 failed" in report.out
    assert "Open Shelves: not-a-feed" in report.err


def test_another_collection_is_going_on(sources, workspace: Path) -> None:
    """U7: the second says so and ends with 75."""
    with (workspace / ".collect.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        busy = sources("collect")
    assert busy.code == 75
    assert "another process" in busy.err
    assert sources("collect").code == 0, "C9: the lock is the process's, not the file's"


def test_a_lock_that_cannot_be_made_says_why(sources, workspace: Path) -> None:
    """C10: the real reason, not "already running"."""
    (workspace / ".collect.lock").mkdir()
    refused = sources("collect")
    assert refused.code == 1
    assert ".collect.lock" in refused.err


def test_run_once_does_what_is_due(sources) -> None:
    """For cron: one line when something was done, none when nothing was due."""
    first = sources("run", "--once")
    assert first.code == 0
    assert "3 sources visited, 16 new" in first.err
    assert sources("run", "--once").err == ""


def test_a_bar_is_drawn_on_a_terminal_only(sources, on_terminal) -> None:
    """The report is the same, the bar leaves nothing behind on standard output."""
    drawn = on_terminal("collect")
    assert drawn.code == 0
    assert "16 new" in drawn.out


def test_the_environment_is_the_administrators(sources, monkeypatch) -> None:
    """G2: a setting out of bounds names its variable."""
    monkeypatch.setenv("VEILLE_COLLECT_PER_HOST", "0")
    refused = sources("collect")
    assert refused.code == 2
    assert "VEILLE_COLLECT_PER_HOST" in refused.err
    assert os.environ["VEILLE_COLLECT_PER_HOST"] == "0"


def test_a_paused_source_that_is_named_says_what_to_do(sources) -> None:
    """It is not visited, whatever is forced; the others named are."""
    sources("source", "pause", "shelves")
    said = sources("collect", "shelves", "médiathèque", "--force")
    assert said.code == 0
    assert "1 source visited" in said.out
    assert "Open Shelves is paused: 'veille source resume" in said.err
    assert "--force" not in sources("collect", "shelves").err


def test_when_nothing_can_be_reached_one_line_says_so(sources) -> None:
    """N22: it is no source's fault, so none is named, unless somebody asks for more."""
    report = sources("collect", http_proxy="http://127.0.0.1:9")
    assert report.code == 3
    (line,) = report.err.splitlines()
    assert "the fault is this machine's network" in line
    more = sources("-v", "collect", "--force", http_proxy="http://127.0.0.1:9")
    assert "Open Shelves: network" in more.err
