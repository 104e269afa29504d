"""One item followed from a subscription list to the archive, through the command line only."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from veille.cli.demo.server import SAMPLE, serving

if TYPE_CHECKING:
    from pathlib import Path

NBSP = "\u00a0"


@pytest.fixture
def workspace(tmp_path, veille, db_url, monkeypatch):
    """A workspace that follows the sample's sources, on SQLite and on PostgreSQL."""
    folder = tmp_path / "watch"
    assert (
        veille("init", folder, "--name", "La veille", "--locale", "fr", "--database", db_url).code
        == 0
    )
    monkeypatch.setenv("VEILLE_WORKSPACE", str(folder))
    monkeypatch.setenv("VEILLE_CURATOR", "camille")
    imported = read(veille("source", "import", SAMPLE / "sources.opml", "--json"))
    assert (imported["added"], imported["known"], imported["refused"]) == (3, 0, [])
    with serving() as proxy:
        monkeypatch.setenv("http_proxy", proxy)
        yield folder


def read(result: Any) -> Any:
    """The one JSON document of a command that went well."""
    assert result.code == 0, result.err
    return json.loads(result.out)


def test_the_main_job(workspace: Path, veille) -> None:
    """From nothing to five links on a page, in the readers' mail and in the archive."""
    report = read(veille("collect", "--json"))
    assert report["sources"] == report["fetched"] == 3
    assert (report["failed"], report["updated"], report["failures"]) == (0, 0, [])
    assert report["new"] == len(read(veille("list", "--limit", 100, "--json")))

    again = read(veille("collect", "--force", "--json"))
    assert (again["new"], again["updated"], again["failed"]) == (0, 0, 0)

    shared = [
        item for item in read(veille("list", "--limit", 100, "--json")) if len(item["sources"]) > 1
    ]
    assert len(shared) == 1, "one article is shown by two sources: one item, two sightings"

    inbox = read(veille("inbox", "--limit", 100, "--json"))
    french = [item for item in inbox if item["language"] == "fr"]
    chosen = [item["id"] for item in french[:4]] + [shared[0]["id"]]
    chosen = list(dict.fromkeys(chosen))[:5]
    if len(chosen) < 5:
        chosen.append(french[4]["id"])
    assert veille("keep", *chosen, "--note", "pour le comité").code == 0
    assert veille("tag", *chosen, "+Médiation", "+numérique").code == 0
    for item in chosen:
        text = "Une méthode claire, à reprendre\u00a0: tout y est."
        assert veille("comment", item, text, "--blurb").code == 0

    assert (
        veille("digest", "create", "cinq-liens", "--title", "Cinq liens", "--locale", "fr").code
        == 0
    )
    drafted = veille("edition", "draft", "cinq-liens", "--period", "2026-11")
    assert drafted.code == 0
    assert "cinq-liens/1" in drafted.out

    edition = read(veille("edition", "show", "cinq-liens/1", "--json"))
    assert len(edition["picks"]) == 5
    assert {pick["item"] for pick in edition["picks"]} == set(chosen)
    assert edition["state"] == "draft"

    refused = veille("edition", "send", "cinq-liens/1")
    assert refused.code == 1
    assert "not approved" in refused.err

    assert veille("edition", "lint", "cinq-liens/1").code == 0
    assert veille("edition", "approve", "cinq-liens/1").code == 0
    for number in (1, 2, 3):
        assert veille("subscriber", "add", f"lectrice{number}@example.org").code == 0
    assert veille("edition", "send", "cinq-liens/1").code == 0

    sent = read(veille("edition", "show", "cinq-liens/1", "--json"))
    assert (sent["state"], sent["approved_by"]) == ("sent", "camille")
    page = workspace / "archive" / sent["page"]
    assert page.is_file()
    html = page.read_text(encoding="utf-8")
    for pick in sent["picks"]:
        assert pick["url"] in html

    mails = sorted((workspace / "outbox").glob("*.eml"))
    assert len(mails) == 3
    message = message_from_bytes(mails[0].read_bytes(), policy=policy.default)
    body = message.get_body(("plain",)).get_content()
    assert all(pick["url"] in body for pick in sent["picks"])

    before = {path: path.read_bytes() for path in mails}
    assert veille("edition", "send", "cinq-liens/1").code == 0
    assert {path: path.read_bytes() for path in sorted((workspace / "outbox").iterdir())} == before
    rows = read(veille("ledger", "cinq-liens/1", "--json"))
    assert {row["state"] for row in rows} == {"accepted"}
    assert {row["attempts"] for row in rows} == {1}

    item = read(veille("show", chosen[0], "--json"))
    assert item["editions"] == ["cinq-liens/1"]
    assert item["state"] == "kept"
    assert item["tags"] == ["Médiation", "numérique"]
    assert [event["action"] for event in item["history"]][:1] == ["keep"]


def compose(veille, count: int = 5) -> list[int]:
    """Collect, keep some items with a blurb, and draft an edition of them."""
    assert veille("collect").code == 0
    chosen = [item["id"] for item in read(veille("inbox", "--limit", count, "--json"))]
    assert veille("keep", *chosen).code == 0
    for item in chosen:
        assert veille("comment", item, "À lire sans tarder.", "--blurb").code == 0
    assert veille("digest", "create", "cinq-liens", "--title", "Cinq liens").code == 0
    assert veille("edition", "draft", "cinq-liens", "--period", "2026-11").code == 0
    return chosen


def test_two_previews_and_two_archives_are_the_same_bytes(
    workspace: Path, veille, tmp_path
) -> None:
    """A09: what would go out depends on nothing but the edition."""
    compose(veille)
    for name in ("one", "two"):
        assert veille("edition", "preview", "cinq-liens/1", "--out", tmp_path / name).code == 0
    first, second = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "two")
    )
    assert first == second
    assert {"subject.txt", "body.txt", "body.html", "message.eml", "page.html"} <= set(first)

    assert veille("edition", "approve", "cinq-liens/1").code == 0
    assert veille("edition", "publish", "cinq-liens/1").code == 0
    page = workspace / "archive" / "cinq-liens" / "1" / "index.html"
    assert page.read_bytes() == first["page.html"], "the page is what the preview showed"
    for name in ("site-one", "site-two"):
        assert veille("archive", "build", "--out", tmp_path / name).code == 0
    sites = [
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "site-one", tmp_path / "site-two", workspace / "archive")
    ]
    assert sites[0] == sites[1] == sites[2]


def test_one_changed_word_lapses_the_approval(workspace: Path, veille) -> None:
    """M17: what was approved is what goes out, or nothing does."""
    compose(veille)
    assert veille("edition", "approve", "cinq-liens/1").code == 0
    assert read(veille("edition", "show", "cinq-liens/1", "--json"))["state"] == "approved"
    item = read(veille("edition", "show", "cinq-liens/1", "--json"))["picks"][0]["item"]
    assert veille("comment", item, "Finalement, à relire.", "--blurb").code == 0
    refused = veille("edition", "send", "cinq-liens/1")
    assert refused.code == 1
    assert "changed" in refused.err
    assert read(veille("edition", "show", "cinq-liens/1", "--json"))["state"] == "draft"
    assert not list((workspace / "outbox").glob("*.eml"))


def test_a_published_edition_never_changes(workspace: Path, veille) -> None:
    """F12: a later edit of the item, or of its blurb, leaves what readers got."""
    chosen = compose(veille)
    assert veille("edition", "approve", "cinq-liens/1").code == 0
    assert veille("edition", "publish", "cinq-liens/1").code == 0
    page = workspace / "archive" / "cinq-liens" / "1" / "index.html"
    before = page.read_bytes()
    assert veille("comment", chosen[0], "Un autre avis.", "--blurb").code == 0
    assert veille("archive", "build").code == 0
    assert page.read_bytes() == before
    refused = veille("edition", "remove", "cinq-liens/1", chosen[0])
    assert refused.code == 1
    assert "does not change" in refused.err


def test_a_next_edition_never_proposes_what_was_published(workspace: Path, veille) -> None:
    """Fewer kept items than links: the draft says so and takes what there is."""
    chosen = compose(veille)
    assert veille("edition", "approve", "cinq-liens/1").code == 0
    assert veille("edition", "publish", "cinq-liens/1").code == 0
    rest = [item["id"] for item in read(veille("inbox", "--json"))][:2]
    assert veille("keep", *rest).code == 0
    drafted = veille("edition", "draft", "cinq-liens", "--period", "2026-12")
    assert drafted.code == 0
    assert "2 of 5" in drafted.err + drafted.out
    picks = read(veille("edition", "show", "cinq-liens/2", "--json"))["picks"]
    assert {pick["item"] for pick in picks} == set(rest)
    assert not {pick["item"] for pick in picks} & set(chosen)
