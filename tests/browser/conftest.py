"""A real browser, and the demo's archive to open in it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.program import Program
from veille.digest.render import Renderer
from veille.model.edition import EditionContent, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "digest"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "the slow ring needs Chromium: 'make test-slow' says how"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield running
        running.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo publishes, with the HTML of one of its mails beside it; tests only read it."""
    folder = tmp_path_factory.mktemp("site")
    veille = Program(here=folder, environ={"XDG_CONFIG_HOME": str(folder), "LOGNAME": "camille"})
    assert veille("demo", folder / "demo").code == 0
    archive = folder / "demo" / "archive"
    raw = min((folder / "demo" / "outbox").glob("*.eml")).read_bytes()
    html = message_from_bytes(raw, policy=policy.default).get_body(("html",)).get_content()
    (archive / "mail.html").write_text(html, encoding="utf-8")
    return archive


@pytest.fixture(scope="session")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mail and a page full of words and addresses that nothing can break but letter by letter."""
    folder = tmp_path_factory.mktemp("strained")
    content = msgspec.json.decode((DATA / "fr.json").read_bytes(), type=EditionContent)
    word, address = "Donaudampfschifffahrt" * 12, "https://musee.example/" + "b" * 300
    picks = tuple(
        replace(pick, url=address, headline=word, source=word, authors=(word,), tags=(word,),
                blurb=f"{address} et {word} puis [{word}]({address}).\n\n- {word}\n\n> `{word}`")
        for pick in content.picks
    )  # fmt: skip
    content = replace(content, title=word, intro=f"{address} {word}", picks=picks)
    sender = Sender(
        name=word, address="v@musee.example", reply_to="d@musee.example",
        base_url="https://musee.example/", instance="0", timezone="Europe/Paris",
    )  # fmt: skip
    renderer = Renderer(overrides=None, sender=sender)
    done = renderer.edition(content)
    (folder / "mail.html").write_text(done.html, encoding="utf-8")
    (folder / "page.html").write_text(done.page, encoding="utf-8")
    (folder / "style.css").write_bytes(renderer.stylesheet())
    return folder


@pytest.fixture(scope="session")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's archive as it is after an erratum, a withdrawal, a restriction and a move, a folder
    each, and what the house prints or shows beside it (``office``); tests only read it."""
    folder = tmp_path_factory.mktemp("corrected")
    environ = {"XDG_CONFIG_HOME": str(folder), "LOGNAME": "camille"}
    veille = Program(here=folder, environ=environ)
    assert veille("demo", folder / "demo").code == 0
    environ["VEILLE_WORKSPACE"] = str(folder / "demo")
    ref = "cinq-liens/1"
    first, second, *_ = veille("edition", "show", ref, "--json").json["picks"]
    steps: dict[str, list[tuple[object, ...]]] = {
        "erratum": [
            ("erratum", ref, "La date était fausse : c’est le **12 décembre**."),
            ("erratum", ref, "L’auteure est Mme Martin.", "--item", first["item"]),
            ("erratum", ref, "Page retirée.", "--item", second["item"], "--withdraw"),
        ],
        "withdrawn": [("withdraw", ref, "--reason", "Une image y était sans autorisation.")],
        "internal": [("restore", ref), ("restrict", ref)],
        "moved": [("restore", ref)],
    }
    for name, commands in steps.items():
        for words in commands:
            assert veille("edition", *words).code == 0
        if name == "moved":
            assert veille("digest", "move", "cinq-liens", "signets").code == 0
        shutil.copytree(folder / "demo" / "archive", folder / name)
    _fill_office(folder / "office", veille("ledger", ref, "--html").out, folder / "demo")
    return folder


def _fill_office(office: Path, ledger: str, workspace: Path) -> None:
    from veille.app import open_app

    office.mkdir()
    (office / "ledger.html").write_text(ledger, encoding="utf-8")
    app = open_app(workspace, curator=None, environ={})
    for step in ("ask", "done", "unknown"):
        for locale in ("fr", "en"):
            page = app.renderer.leaving("Cinq liens", locale, step)
            (office / f"leave-{step}-{locale}.html").write_text(page, encoding="utf-8")
    app.close()
