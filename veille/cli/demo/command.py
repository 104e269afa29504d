"""``veille demo``: what a team does in a month, command by command, in under a minute."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.cli.demo.server import SAMPLE, serving
from veille.errors import ExitCode, UsageError, VeilleError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from veille.cli.context import Session, Surroundings

MARKER = ".veille-demo"
SHOWN = 76  # characters of a command on screen; blurbs are long
DEFAULT_PORT = 8600
SETTINGS = {
    "timezone": "Europe/Paris",
    "base_url": "https://veille.reseau.example",
    "sender": "La veille du réseau <veille@reseau.example>",
}


@click.command()
@click.argument(
    "folder",
    metavar="[DIR]",
    default="veille-demo",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--serve", is_flag=True, help="Only serve the sample, to try the commands by hand.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="Where --serve listens.")
@click.pass_obj
def demo(session: Session, folder: Path, serve: bool, port: int) -> ExitCode:
    """Run the whole main job on a sample, offline.

    Sources are collected, items are kept and commented, an edition is composed, approved and
    sent to an outbox folder, and filed in the archive: by the real commands, shown as they go.
    """
    if serve:
        return _serve(session, port)
    workspace = (Path(session.surroundings.here) / folder.expanduser()).resolve()
    _make_room(workspace)
    with serving() as proxy:
        stage = Stage(session, workspace, proxy)
        for act in (_collect, _curate, _compose, _send):
            act(stage)
    _farewell(session, workspace)
    return ExitCode.DONE


def _make_room(workspace: Path) -> None:
    """A folder for the demo: new, empty, or one an earlier demo made (which starts afresh)."""
    if (workspace / MARKER).exists():
        shutil.rmtree(workspace)
    elif workspace.exists() and any(workspace.iterdir()):
        raise UsageError(f"{workspace} is not empty: name another folder for the demo")
    workspace.mkdir(parents=True, exist_ok=True)
    (workspace / MARKER).touch()


@dataclass(frozen=True)
class Stage:
    """Where the commands are run, as if somebody typed them in the workspace."""

    session: Session
    workspace: Path
    proxy: str

    @property
    def surroundings(self) -> Surroundings:
        """This terminal; the workspace is the current folder, the sample's sites are the web."""
        given = self.session.surroundings
        environ = {
            name: value for name, value in given.environ.items() if not name.startswith("VEILLE_")
        }
        environ |= {"http_proxy": self.proxy, "no_proxy": "", "NO_PROXY": ""}
        return given._replace(environ=environ, here=str(self.workspace))

    def play(self, *words: str | int) -> None:
        """Show a command, then run it. Raises :class:`~veille.errors.VeilleError` if it fails."""
        from veille.cli.main import run

        argv = [str(word) for word in words]
        show = self.session.show
        show.line()
        show.line(f"$ veille {_shown(argv)}", style="bold")
        self.session.surroundings.stdout.flush()
        code = run(argv, self.surroundings)
        if code != ExitCode.DONE:
            raise VeilleError(
                f"'veille {_shown(argv)}' ended with code {code}: the demo stops here"
            )

    def items(self) -> dict[str, int]:
        """The ids of the items by address, read with ``--json`` as a script would."""
        from veille.cli.main import run

        out = io.StringIO()
        run(["list", "--limit", "100", "--json"], self.surroundings._replace(stdout=out))
        return {item["url"]: item["id"] for item in json.loads(out.getvalue())}


def _shown(argv: Sequence[str]) -> str:
    """The command as one would type it, long texts cut."""
    words = [word if len(word) <= SHOWN else f"{word[: SHOWN - 1]}…" for word in argv]
    return " ".join(
        shlex.quote(word) if not word.replace("+", "").isalnum() else word for word in words
    )


def _script() -> dict[str, Any]:
    return tomllib.loads((SAMPLE / "curation.toml").read_text(encoding="utf-8"))


def _collect(stage: Stage) -> None:
    stage.play("init", ".", "--name", "La veille du réseau", "--locale", "fr")
    _configure(stage)
    stage.play("source", "import", str(SAMPLE / "sources.opml"))
    stage.play("collect")
    stage.play("inbox", "--limit", 8)


def _configure(stage: Stage) -> None:
    """What an administrator sets once: who writes, and where the archive will be read."""
    path = stage.workspace / "veille.toml"
    text = path.read_text(encoding="utf-8")
    show = stage.session.show
    show.line()
    show.line("$ $EDITOR veille.toml", style="bold")
    for key, value in SETTINGS.items():
        text = re.sub(rf"^#{key} = .*$", f'{key} = "{value}"', text, flags=re.MULTILINE)
        show.line(f'{key} = "{value}"')
    path.write_text(text, encoding="utf-8")


def _picks(stage: Stage) -> Iterator[tuple[int, dict[str, Any]]]:
    ids = stage.items()
    for pick in _script()["pick"]:
        yield ids[f"http://{pick['path']}"], pick


def _curate(stage: Stage) -> None:
    # The first pick is kept last: a draft proposes the newest endorsements first.
    for item, pick in reversed(list(_picks(stage))):
        curator = ("--as", pick["by"])
        stage.play(*curator, "keep", item)
        stage.play(*curator, "tag", item, *(f"+{tag}" for tag in pick["tags"]))
        stage.play(*curator, "comment", item, pick["blurb"], "--blurb")
    stage.play("list", "is:kept")


def _compose(stage: Stage) -> None:
    script = _script()
    digest, edition = script["digest"], script["edition"]
    ref = f"{digest['slug']}/1"
    stage.play("digest", "create", digest["slug"], "--title", digest["title"], "--locale", "fr")
    stage.play("edition", "draft", digest["slug"], "--period", edition["period"])
    stage.play("edition", "edit", ref, "--title", edition["title"], "--intro", edition["intro"])
    stage.play("edition", "lint", ref)
    stage.play("edition", "show", ref)
    stage.play("--as", "ines", "edition", "approve", ref)


def _send(stage: Stage) -> None:
    ref = f"{_script()['digest']['slug']}/1"
    stage.play("subscriber", "import", str(SAMPLE / "subscribers.csv"))
    stage.play("edition", "send", ref)
    stage.play("ledger", ref)


def _farewell(session: Session, workspace: Path) -> None:
    slug = _script()["digest"]["slug"]
    mail = min((workspace / "outbox").glob("*.eml"))
    session.show.line()
    session.show.line("Everything above is in a workspace of its own. Open:", style="bold")
    for name, path in (
        ("the page", workspace / "archive" / slug / "1" / "index.html"),
        ("the mail", mail),
        ("the archive", workspace / "archive" / "index.html"),
    ):
        session.show.line(f"  {name:<12} {path}")
    session.show.line(
        "The articles it links to are a sample: their addresses end in .example.", style="dim"
    )


def _serve(session: Session, port: int) -> ExitCode:
    import threading

    with serving(port) as proxy:
        session.show.line("The sample's sites are served. In another terminal:")
        session.show.line(f"  export http_proxy={proxy}")
        session.show.line(f"  veille source import {shlex.quote(str(SAMPLE / 'sources.opml'))}")
        session.show.note("Ctrl-C ends it")
        session.surroundings.stdout.flush()
        threading.Event().wait()
    return ExitCode.DONE
