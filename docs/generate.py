"""Write the pages that are made from the program, or check that they are up to date.

python docs/generate.py            write them
python docs/generate.py --check    exit 1 when one of them is stale
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from veille.cli.main import veille as program
from veille.digest.lint import RULES
from veille.errors import ExitCode
from veille.settings import reference

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent
NOTE = "<!-- Written by docs/generate.py from the program itself: change the program, then `make docs`. -->\n\n"
CODES = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "could not be done; one line says what, why, and what to do",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.PARTIAL: "done in part: some sources failed, some mails were refused; the report names them",
    ExitCode.BUSY: "another process is doing this right now: try later",
    ExitCode.INTERRUPTED: "interrupted; the work done so far is kept",
}

LINT = """\
# What lint finds

{note}

`veille edition lint REF` says everything that should not go out, errors first, each with its rule's name, a
sentence and a fix; it ends with 1 when there is an error. `--json` gives `rule`, `severity`, `position`,
`message` and `fix`. `approve` refuses an edition with errors (it does not follow the links).

Links are followed through the same guarded, polite door as feeds, all at once; `--offline` leaves that out.
A page that answers 404 or 410, or whose machine is not there, is dead; one that asks to log in, is slow or
forbids robots is only told as unchecked.

A house that thinks otherwise of a rule says so:

```toml
[lint]
errors = ["blurb-is-summary"]
warnings = ["already-published"]
off = ["same-host-twice"]
```

| rule | severity | what is found | what to do |
| --- | --- | --- | --- |
{rows}

`veille lint FILE.eml` judges any finished mail by the rules of the standards instead, each with its source.
"""


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """The path and the help text of a command and of all below it."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from commands(child, click.Context(child, parent=context, info_name=name))


def commands_page() -> str:
    """Every command with its help, as users see it, and the exit codes."""
    root = click.Context(program, info_name="veille", max_content_width=80, terminal_width=80)
    parts = ["# Commands\n", NOTE]
    for path, text in commands(program, root):
        parts.append(f"## `{path}`\n\n```text\n{text.rstrip()}\n```\n\n")
    parts.append("## Exit codes\n\n| code | meaning |\n| --- | --- |\n")
    parts.extend(f"| {int(code)} | {meaning} |\n" for code, meaning in CODES.items())
    return "".join(parts)


def lint_page() -> str:
    """Every rule of lint, from the catalogue."""
    rows = [
        f"| `{name}` | {rule.severity} | {rule.about} | {rule.fix} |"
        for name, rule in RULES.items()
    ]
    return LINT.format(note=NOTE.rstrip(), rows="\n".join(rows))


def pages() -> dict[Path, str]:
    """All generated pages."""
    return {
        DOCS / "commands.md": commands_page(),
        DOCS / "settings.md": reference(),
        DOCS / "lint.md": lint_page(),
    }


def main() -> int:
    """Write or check; 1 when a page is stale."""
    stale = 0
    for path, text in pages().items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current == text:
            continue
        if "--check" in sys.argv[1:]:
            print(f"{path} is stale: run 'make docs'", file=sys.stderr)
            stale = 1
        else:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return stale


if __name__ == "__main__":
    sys.exit(main())
