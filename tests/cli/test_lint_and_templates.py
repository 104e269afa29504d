"""``veille lint`` for any mail; ``veille template`` for those who change how mails look."""

from __future__ import annotations

from pathlib import Path


def test_a_mail_of_elsewhere_is_judged(veille, tmp_path: Path) -> None:
    """3a to 3c: findings with number and source; exit 1 on errors; no workspace needed (I14)."""
    mail = tmp_path / "other.eml"
    mail.write_bytes(b"From: a@b.example\r\nSubject: Hello \x1b[31m\r\n\r\nbody\r\n")
    told = veille("lint", mail)
    assert told.code == 1
    assert "RFC 2369" in told.out
    assert "\x1b" not in told.out + told.err
    found = veille("lint", mail, "--json")
    assert {"E02", "E04", "E13", "E30"} <= {one["rule"] for one in found.json}
    assert all(one["source"] and one["severity"] in ("error", "warning") for one in found.json)
    assert veille("lint", tmp_path / "none.eml").code == 2


def test_templates_are_listed_and_copied(veille, workspace: Path) -> None:
    """Copied once, then it is the workspace's own and is not overwritten."""
    names = {one["name"]: one["own"] for one in veille("template", "list", "--json").json}
    assert names["email/body.txt"] is False
    assert {"email/body.html", "email/subject.txt", "site/edition.html"} <= names.keys()
    assert veille("template", "copy", "email/body.txt").code == 0
    path = workspace / "templates" / "email" / "body.txt"
    assert path.is_file()
    assert "email/body.txt" in veille("template", "list").out
    again = veille("template", "copy", "email/body.txt")
    assert again.code == 1
    assert "already" in again.err
    for name in ("nothing", "../veille.toml"):
        assert veille("template", "copy", name).code == 1
    copied = veille("template", "copy", "email/subject.txt", "--json").json
    assert copied["name"] == "email/subject.txt"


def test_templates_are_tried(veille, workspace: Path) -> None:
    """M15, O6: all render; a name that is not there is told with file and line."""
    assert veille("template", "check").code == 0
    assert veille("template", "check", "--json").json["rendered"] > 10
    veille("template", "copy", "email/body.txt")
    path = workspace / "templates" / "email" / "body.txt"
    path.write_text(path.read_text() + "\n{{ edition.nothing }}\n")
    failed = veille("template", "check")
    assert failed.code == 1
    assert "email/body.txt" in failed.err
    assert "line" in failed.err


def test_a_digest_may_look_otherwise(veille, edited, tmp_path) -> None:
    """Its mails and pages alone; it builds on the standard, or on what the house made of it."""
    house = tmp_path / "watch" / "templates"
    veille("digest", "create", "autre", "--title", "Autre")
    copied = veille("template", "copy", "email/subject.txt", "--digest", "trois-liens", "--json")
    own = house / "digests" / "trois-liens" / "email" / "subject.txt"
    assert copied.json["path"] == str(own)
    assert veille("template", "copy", "email/subject.txt", "--digest", "none").code == 1
    assert veille("template", "copy", "email/subject.txt", "--digest", "trois-liens").code == 1
    (house / "email").mkdir()
    (house / "email" / "subject.txt").write_text("La maison : {{ edition.name }}")
    own.write_text(
        '{% include "house/email/subject.txt" %} ({% include "veille/email/subject.txt" %})'
    )
    veille("edition", "preview", edited, "--out", tmp_path / "out")
    subject = (tmp_path / "out" / "subject.txt").read_text().replace("\u00a0", " ").strip()
    assert subject == "La maison : Trois liens n° 1 (Trois liens n° 1 · novembre 2026)"
    veille("edition", "draft", "autre", "--period", "2026-11")
    veille("edition", "preview", "autre/1", "--out", tmp_path / "other")
    assert "La maison" in (tmp_path / "other" / "subject.txt").read_text()
    assert "novembre" not in (tmp_path / "other" / "subject.txt").read_text()
    names = {one["name"] for one in veille("template", "list", "--json").json if one["own"]}
    assert names == {"email/subject.txt", "digests/trois-liens/email/subject.txt"}
    assert veille("template", "check").code == 0
    own.write_text("{{ nothing }}")
    failed = veille("template", "check")
    assert failed.code == 1
    assert "digests/trois-liens/email/subject.txt" in failed.err


def test_a_colour_of_ones_own_is_a_few_lines(veille, edited, tmp_path) -> None:
    """As docs/templates.md shows it: blocks of the mail may be filled one by one."""
    own = tmp_path / "watch" / "templates" / "digests" / "trois-liens" / "email" / "body.html"
    own.parent.mkdir(parents=True)
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    own.write_text(
        page.partition("for one digest, is a file of three lines:\n\n```jinja\n")[2].partition(
            "```"
        )[0]
    )
    veille("edition", "preview", edited, "--out", tmp_path / "out")
    html = (tmp_path / "out" / "body.html").read_text()
    assert "color: #7a1f5c" in html.partition("<body")[2]
    assert "Lire en ligne" not in html
    assert veille("template", "check").code == 0


def test_a_template_that_cannot_be_written(veille, workspace: Path) -> None:
    """O9: exit 1 with the path."""
    (workspace / "templates").rmdir() if (workspace / "templates").is_dir() else None
    (workspace / "templates").write_text("a file where the folder should be")
    failed = veille("template", "copy", "email/body.txt")
    assert failed.code == 1
    assert "templates" in failed.err
