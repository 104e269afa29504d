"""``veille doctor``, and the health of sources on the command line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from veille.cli.demo.server import SAMPLE
from veille.model.states import SourceState
from veille.store import sources
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_workspace_is_well(veille, workspace: Path) -> None:
    """Exit 0, one finding a line, what to do below what is worth a note."""
    result = veille("doctor")
    assert result.code == 0
    assert "is whole" in result.out
    report = veille("doctor", "--json").json
    assert report["ok"] is True
    assert {"check", "level", "message", "remedy", "source"} == report["findings"][0].keys()


def test_what_is_wrong_makes_exit_1(veille, workspace: Path) -> None:
    """D5: for monitors; the database that cannot be opened is a finding, not an error."""
    (workspace / "veille.db").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    result = veille("doctor", "--json")
    assert result.code == 1
    assert result.json["ok"] is False
    assert result.json["findings"][0]["check"] == "database"
    told = veille("doctor")
    assert (told.code, told.out.startswith("WRONG")) == (1, True)


def test_what_the_settings_name_and_nobody_finds(veille, workspace: Path) -> None:
    """G4: a note, since the service may find what who asks here does not; no password is told."""
    (workspace / "veille.toml").write_text(
        """
        mail = { transport = "smtp", sender = "a@example.org" }
        smtp = { host = "localhost", user = "x", password_file = "pw" }
        mailbox = { host = "localhost", user = "x", password_env = "SECRET" }
        run = { backup_folder = "/dev/null/copies", metrics = "veille.toml/figures.prom" }
        """
    )

    def notes() -> list[str]:
        report = veille("doctor", "--json").json
        assert report["ok"] is True
        return [one["message"] for one in report["findings"] if one["level"] == "warning"]

    told = notes()
    assert f"smtp.password_file {workspace}/pw cannot be read: No such file or directory" in told
    assert "/dev/null/copies cannot be written by who asks this" in told
    assert f"{workspace}/veille.toml cannot be written by who asks this" in told
    (workspace / "pw").write_text("secret")
    (workspace / "pw").chmod(0o600)
    assert any("mailbox.password_env names SECRET" in one for one in notes())
    veille.environ |= {"SECRET": "secret"}
    assert not any("password" in one for one in notes())


def test_of_many_sources_the_worst_are_told_first(veille, workspace: Path) -> None:
    """A reader of a terminal gets twenty, a program all."""
    many = "".join(f'<outline xmlUrl="https://site{n:02}.example/f"/>' for n in range(25))
    (workspace / "many.opml").write_text(f"<opml version='2.0'><body>{many}</body></opml>")
    assert veille("source", "import", workspace / "many.opml").code == 0
    db = Database.open(f"sqlite:///{workspace / 'veille.db'}")
    with contextlib.closing(db), db.write() as conn:
        for source in sources.everything(conn):
            sources.set_state(conn, source.id, SourceState.GONE, at=source.added)
    report = veille("doctor", "--json").json
    assert sum(one["source"] is not None for one in report["findings"]) == 25
    told = veille("doctor").out
    assert told.count("WRONG") == 20
    assert "5 more sources" in told


@pytest.fixture
def collected(veille, workspace: Path, sample_web: str):
    """The three sources of the sample, visited, one of them at an address that is not there."""
    veille("source", "import", SAMPLE / "sources.opml")
    veille("collect")
    veille("source", "edit", "shelves", "--url", "http://open-shelves.example/missing.xml")
    assert veille("collect", "shelves").code == 3
    return veille


def test_the_health_of_all_sources(collected) -> None:
    """The documents of the contract, with one key more; a table for people."""
    rows = collected("source", "list", "--health", "--json").json
    assert {row["health"]["condition"] for row in rows} <= {"well", "silent"}
    assert all(0 <= row["health"]["yield"] <= 1 for row in rows)
    assert {"id", "url", "state", "errors", "last_error"} <= rows[0].keys()
    shown = collected("source", "list", "--health").out
    assert "CONDITION" in shown
    assert "health" not in collected("source", "list", "--json").json[0]


def test_what_is_known_of_one_source(collected) -> None:
    """H8: rhythm, last failures, where it lived before."""
    shown = collected("source", "show", "shelves", "--json").json
    assert [failure["kind"] for failure in shown["failures"]] == ["http-status"]
    (former,) = shown["former_addresses"]
    assert (former["url"][-4:], former["why"]) == (".xml", "edited")
    assert (shown["redirects_to"], shown["left_alone_until"]) == (None, None)
    told = collected("source", "show", "shelves").out
    for words in ("rhythm", "failed", "lived at", "(edited)"):
        assert words in told


def test_what_the_domain_publishes_is_looked_at_when_asked(veille, pool, monkeypatch) -> None:
    """E24: --dns asks, and only --dns; a key of ours is compared; exit 1 when something is missing."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    from veille.app import App
    from veille.delivery.dkim import published_key

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (pool / "dkim.pem").write_bytes(pem)
    asked: list[str] = []
    records = {
        "musee.example": ["v=spf1 -all"],
        "s._domainkey.musee.example": [f"v=DKIM1; p={published_key(pool / 'dkim.pem')}"],
    }

    def look_up(name: str) -> list[str]:
        asked.append(name)
        return records.get(name, [])

    monkeypatch.setattr(App, "look_up", property(lambda self: look_up))
    house = {
        "VEILLE_MAIL_SENDER": "Veille <veille@musee.example>",
        "VEILLE_MAIL_DKIM_KEY_FILE": "dkim.pem",
        "VEILLE_MAIL_DKIM_SELECTOR": "s",
    }
    veille("doctor", **house)
    assert asked == []
    found = veille("doctor", "--dns", "--json", **house)
    assert found.code == 1
    told = {one["check"]: one["level"] for one in found.json["findings"]}
    assert (told["spf"], told["dkim"], told["dmarc"]) == ("ok", "ok", "wrong")
    plain = veille("doctor", "--dns", VEILLE_MAIL_SENDER="veille@musee.example")
    assert "veille does not sign" in plain.out
    assert "BEGIN" not in plain.out + plain.err


def test_the_name_servers_are_asked_through_one_door(monkeypatch) -> None:
    """Answers joined, absence is none, silence is an error that says what to do."""
    import dns.resolver
    import pytest

    from veille.delivery.dns import texts
    from veille.errors import VeilleError

    class Record:
        strings = (b"v=spf1 ", b"-all")

    answers = {"a.example": [Record()]}

    def resolve(name: str, kind: str, lifetime: float):
        assert (kind, lifetime) == ("TXT", 10.0)
        if name == "silent.example":
            raise dns.resolver.LifetimeTimeout(timeout=10, errors=[])
        if name not in answers:
            raise dns.resolver.NXDOMAIN
        return answers[name]

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    assert texts("a.example") == ["v=spf1 -all"]
    assert texts("none.example") == []
    with pytest.raises(VeilleError, match=r"did not answer for silent\.example"):
        texts("silent.example")
