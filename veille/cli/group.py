"""Groups of commands: the main one imports a command's module only when that command is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from veille.cli.commands import COMMANDS, HEADINGS


class LazyGroup(click.Group):
    """The program: its commands are looked up in the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  click's signature
        """The command of that name, imported now."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = import_module(f"veille.cli.{entry.module}")
        command: click.Command = getattr(module, entry.attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command named by the first word; a name unknown is told with the nearest one."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(f"there is no command '{name}'{_nearest(name)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  click's signature
        """The table under its headings."""
        for heading, entries in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])


def _nearest(name: str) -> str:
    from difflib import get_close_matches  # only for a mistake

    close = get_close_matches(name, COMMANDS, n=1)
    return f": did you mean '{close[0]}'?" if close else ""
