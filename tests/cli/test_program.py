"""The program itself: how it ends, what reaches a terminal, what it costs to start."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from veille.cli.commands import COMMANDS, HEADINGS
from veille.cli.main import veille as program
from veille.errors import ExitCode

if TYPE_CHECKING:
    from tests.program import Program

# docs/commands.md; those that are still to come are named here, so that the list only shrinks.
CONTRACT = {
    "init", "demo", "source", "collect", "add", "list", "inbox", "show", "open", "keep", "skip",
    "reset", "tag", "tags", "comment", "undo", "log", "digest", "edition", "subscriber", "ledger",
    "archive", "stats", "doctor", "backup", "restore", "upgrade", "run", "triage",
}  # fmt: skip
MORE = {
    "language", "compose", "copy", "export", "import", "lint", "mailbox", "purge", "rule", "search", "serve", "story", "suppression", "template", "thesaurus",
    "token", "worker",
}  # fmt: skip
LATER: set[str] = set()

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://evil\x1b\\link \x9b31mC1 \r\b\x00 "
    "\u202egnp.exe\u2066 \u200b\u200b\u200b zero\ud800 width"
)


# --- the table of commands ------------------------------------------------------------------------


def test_the_table_has_the_commands_of_the_contract() -> None:
    assert set(COMMANDS) == (CONTRACT | MORE) - LATER


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_says_what_the_command_says(name: str) -> None:
    """The line in 'veille --help' is the first line of the command's own help."""
    entry = COMMANDS[name]
    command = getattr(import_module(f"veille.cli.{entry.module}"), entry.attribute)
    assert isinstance(command, click.Command)
    assert (command.help or "").splitlines()[0] == entry.help
    assert command.name == name


def commands(command: click.Command, path: tuple[str, ...] = ()):
    """Every command and subcommand with its path."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, (*path, name))


ALL = dict(commands(program))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_explains_itself(veille: Program, path: tuple[str, ...]) -> None:
    result = veille(*path, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: {' '.join(('veille', *path))} ")
    assert all(isinstance(option, click.Argument) or option.help for option in ALL[path].params)


@pytest.mark.parametrize(
    "path", [path for path in ALL if path[-1:] in (("list",), ("show",))], ids=" ".join
)
def test_every_command_that_shows_data_speaks_json(path: tuple[str, ...]) -> None:
    assert any("--json" in option.opts for option in ALL[path].params)


def test_help_is_grouped_by_what_people_do(veille: Program) -> None:
    out = veille("--help").out
    assert [line[:-1] for line in out.splitlines() if line[:-1] in HEADINGS] == list(HEADINGS)
    assert re.search(r"^  keep +Keep items", out, re.MULTILINE)


# --- how a command ends ---------------------------------------------------------------------------


def test_the_version(veille: Program) -> None:
    assert re.fullmatch(r"veille \d+\.\d+\.\d+\n", veille("--version").out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("lst",), "there is no command 'lst': did you mean 'list'? (see 'veille --help')"),
        (("zzzzzz",), "there is no command 'zzzzzz' (see 'veille --help')"),
        (("--nothing",), "No such option '--nothing'"),
        (("list", "--limit", "x"), "--limit"),
        (("list", "--limit", "-1"), "--limit"),
        (("list", "--sort", "size"), "--sort"),
        (("show",), "Missing argument 'ITEM' (see 'veille show --help')"),
        (("keep", "\x1b[31m\x9bx"), "'[31mx' names no item"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    veille: Program, pool: Path, words: tuple[str, ...], said: str
) -> None:
    result = veille(*words)
    assert (result.code, result.out) == (ExitCode.USAGE, "")
    assert result.err.startswith("veille: ")
    assert said in result.err
    assert result.err.count("\n") == 1
    assert not UNSAFE.search(result.err)


def test_no_command_at_all_shows_the_help(veille: Program) -> None:
    result = veille()
    assert (result.code, result.out) == (ExitCode.USAGE, "")
    assert "Curate:" in result.err


def test_no_workspace_names_init(veille: Program) -> None:
    result = veille("list")
    assert (result.code, result.out) == (ExitCode.USAGE, "")
    assert "veille init" in result.err
    assert result.err.count("\n") == 1


def test_the_workspace_is_the_option_then_the_variable_then_the_nearest_folder(
    veille: Program, pool: Path, tmp_path: Path
) -> None:
    nowhere = str(tmp_path / "nowhere")
    assert veille("list", VEILLE_WORKSPACE=nowhere).code == 2
    assert veille("-w", pool, "list", VEILLE_WORKSPACE=nowhere).code == 0
    assert veille("--workspace", "watch", "list", VEILLE_WORKSPACE=nowhere).code == 0
    below = pool / "a" / "b"
    below.mkdir(parents=True)
    veille.here = below
    assert veille("list", VEILLE_WORKSPACE="").code == 0


def test_settings_that_are_wrong_end_any_command(veille: Program, pool: Path) -> None:
    """G1: exit 2 with file, line and nearest name."""
    (pool / "veille.toml").write_text("[collect]\nper_hots = 3\n")
    result = veille("list", "--json")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"veille: {pool}/veille.toml, line 2: "
        "unknown key 'per_hots' in [collect]: did you mean 'per_host'?\n"
    )


def test_who_acts(veille: Program, pool: Path, tmp_path: Path) -> None:
    """--as, then the variable, then the own file, then the login name; U9: both are recorded."""
    own = tmp_path / "config" / "veille" / "config.toml"
    own.parent.mkdir(parents=True)
    veille("keep", 1)
    own.write_text('[curator]\nhandle = "cam"\n')
    veille("keep", 1)
    veille("keep", 1, VEILLE_CURATOR="c.d")
    veille("--as", "noor", "keep", 1, VEILLE_CURATOR="c.d")
    shown = veille("show", 1, "--json").json
    assert sorted(shown["kept_by"]) == ["c.d", "cam", "camille", "noor"]
    assert {event["login"] for event in shown["history"]} == {"camille"}


def fail(error: BaseException):
    """A workspace that fails when it is opened."""

    def failing(app: object) -> None:
        raise error

    return failing


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "veille: interrupted: what was done so far is kept\n"),
        (click.Abort(), 130, "veille: interrupted: what was done so far is kept\n"),
        (
            FileNotFoundError(2, "No such file", "/x/y"),
            1,
            "veille: /x/y: No such file: look at the path and its rights\n",
        ),
        (click.ClickException("no\nway"), 1, "veille: no way\n"),
        (RuntimeError(HOSTILE), 1, None),
    ],
)
def test_every_error_is_one_line(
    veille: Program, pool: Path, error: BaseException, code: int, said: str | None
) -> None:
    """C8, I1: also what nobody expected, whatever its text holds."""
    veille.adapt = fail(error)
    result = veille("list")
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == 1
    assert not UNSAFE.search(result.err)
    assert said is None or result.err == said


def test_a_defect_says_how_to_report_it_and_shows_no_traceback(veille: Program, pool: Path) -> None:
    veille.adapt = fail(RuntimeError("boom"))
    for words in ((), ("-v",)):
        result = veille(*words, "list")
        assert result.err.startswith("veille: unexpected RuntimeError: boom (this is a defect of")
        assert "Traceback" not in result.err
    veille.adapt = fail(OSError(errno.EINVAL, "Invalid argument"))
    assert veille("list").err.startswith(
        "veille: unexpected OSError: [Errno 22] Invalid argument ("
    )
    veille.adapt = fail(RuntimeError("boom"))
    assert "Traceback" in veille("-vv", "list").err
    assert "Traceback" in veille("-v", "-v", "list").err


def test_expected_errors_have_a_traceback_too_for_those_who_ask(veille: Program) -> None:
    assert "WorkspaceError" in veille("-vv", "list").err
    assert "Traceback" not in veille("list").err


# --- what reaches a terminal ----------------------------------------------------------------------


@pytest.mark.parametrize("terminal", [True, False])
def test_no_title_commands_a_terminal(veille: Program, rename_item, terminal: bool) -> None:
    """I1, I2: escape sequences, C1, bidi and zero-width characters, wherever a title is shown."""
    rename_item(1, HOSTILE.replace("\ud800", "").replace("\x00", ""))
    for words in (("list",), ("show", 1), ("log",), ("list", "--json"), ("show", 1, "--json")):
        result = veille(*words, terminal=terminal, NO_COLOR="1")
        assert result.code == 0
        assert not UNSAFE.search(result.out)
        assert not re.search("[\u200b-\u200f]", result.out)
        assert not UNSAFE.search(result.err)


def test_json_gives_back_what_is_stored(veille: Program, rename_item) -> None:
    """I14: escaped, not altered."""
    title = "A\x9b\u202eB\u200b\x7f"
    rename_item(1, title)
    assert veille("show", 1, "--json").json["title"] == title


def test_what_the_encoding_lacks_is_replaced(veille: Program, pool: Path) -> None:
    """I3: LC_ALL=C; JSON is in UTF-8 all the same."""
    veille("keep", 1, "--note", "déjà")
    veille("comment", 1, "x", "--blurb")
    result = veille("list", encoding="ascii")
    assert result.code == 0
    assert result.out.splitlines()[0] == "1  *b  24 h  Une biblioth?que ouvre la nuit  Actualit?s"


def test_words_from_the_shell_may_hold_anything(veille: Program, pool: Path) -> None:
    """I3: a lone surrogate is how Python shows a byte that is no UTF-8."""
    for words in (
        ("list", "a\udcff"),
        ("list", "--json", "a\udcff"),
        ("comment", 1, "a\udcffb"),
        ("keep", 1, "--note", "a\udcffb"),
    ):
        assert veille(*words).code == 0
    assert veille("tag", 1, "+\udcffiiif").code == 0
    json.dumps(veille("show", 1, "--json").json).encode()


# --- as a process ---------------------------------------------------------------------------------


@pytest.fixture
def process(veille: Program, pool: Path):
    """The program in a process of its own; a shell line, with $V for the program."""

    def running(line: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
        own = {"V": f"{sys.executable} -m veille", **environ}
        return subprocess.run(
            ["sh", "-c", line],
            env={**os.environ, **veille.environ, **own},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )

    return running


def test_a_reader_that_leaves_early_is_no_error(process) -> None:
    """I4: 'veille list | head -1' ends silently."""
    result = process("$V -q log | true; $V list | head -1")
    assert result.stderr == b""
    assert result.stdout.count(b"\n") == 1


@pytest.mark.parametrize("words", ["list", "list --json", "--help", "keep 1"])
def test_a_full_disk_under_the_output_is_said(process, words: str) -> None:
    """I4: /dev/full: exit 1, one line."""
    result = process(f"$V {words} > /dev/full")
    assert result.returncode == 1
    assert result.stderr == b"veille: the output cannot be written: No space left on device\n"


def test_a_current_folder_that_is_gone_is_no_crash(process, tmp_path: Path) -> None:
    """The workspace is named otherwise; where it is not, there is none: one line."""
    gone = 'mkdir "$GONE" && cd "$GONE" && rmdir "$GONE" && '
    there = process(gone + "$V -q list", GONE=str(tmp_path / "gone"))
    assert (there.returncode, there.stderr) == (0, b"")
    nowhere = process(gone + "$V list", GONE=str(tmp_path / "gone"), VEILLE_WORKSPACE="")
    assert nowhere.returncode == 2
    assert nowhere.stderr.startswith(b"veille: no workspace here or above")


def test_closed_streams_are_no_crash(process) -> None:
    assert process("$V list <&- >&- 2>&-").returncode == 0
    assert process("$V nothing <&- >&- 2>&-").returncode == 2


@pytest.mark.parametrize(
    "locale",
    [{"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "ascii"}],
)
def test_a_poor_locale_is_no_crash(process, locale: dict[str, str]) -> None:
    """I3: as from cron."""
    result = process("$V list && $V list --json", **locale)
    assert (result.returncode, result.stderr) == (0, b"")
    assert json.loads(result.stdout.decode()[result.stdout.index(b"[") :])[0]["title"] == (
        "Une bibliothèque ouvre la nuit"
    )


def test_a_shell_can_ask_for_completions(process) -> None:
    result = process("$V", _VEILLE_COMPLETE="bash_complete", COMP_WORDS="veille ke", COMP_CWORD="1")
    assert result.stdout == b"plain,keep\n"


def imported(process, words: str) -> set[str]:
    """The modules a command imports."""
    # A measurement of coverage imports a good deal of its own.
    line = f"unset COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG; $V {words}"
    result = process(line, PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 0
    return {line.rpartition("|")[2].strip() for line in result.stderr.decode().splitlines()}


def test_help_imports_nothing_but_click_and_the_table(process) -> None:
    """Start-up: no model, no settings, no database, nothing of a command."""
    modules = {name for name in imported(process, "--help") if name.startswith("veille.")}
    assert modules == {
        "veille.cli", "veille.cli.commands", "veille.cli.context", "veille.cli.group",
        "veille.cli.main", "veille.errors",
    }  # fmt: skip
    assert not {"sqlalchemy", "msgspec", "rich", "json"} & imported(process, "--help")


HEAVY = {
    "alembic", "babel", "css_inline", "feedparser", "jinja2", "lxml", "markdown_it", "nh3",
    "psycopg", "pycurl", "rich", "sqlalchemy.orm", "trafilatura", "veille.feeds", "veille.digest",
    "veille.delivery", "email.mime", "difflib", "yarl",
}  # fmt: skip


@pytest.mark.sqlite  # a driver of a server has more to load
@pytest.mark.parametrize("words", ["list", "keep 1", "tag 1 +x", "show 1", "undo || true"])
def test_curating_imports_nothing_heavy(process, words: str) -> None:
    """Start-up: what collects, renders and sends stays out of a curator's way."""
    assert not HEAVY & imported(process, words)
