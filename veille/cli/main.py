"""The program: options before the command, and every way a command can end."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import TYPE_CHECKING

import click

from veille import __version__
from veille.cli.context import Session, Surroundings
from veille.cli.group import LazyGroup
from veille.errors import ExitCode, VeilleError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

COMPLETE = "_VEILLE_COMPLETE"  # how a shell asks for completions
# What a stream that somebody else opened may answer; anything else without a name is a defect.
_OF_A_STREAM = frozenset(
    {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN}
)


@click.group(cls=LazyGroup, context_settings={"max_content_width": 100}, no_args_is_help=True)
@click.option(
    "-w",
    "--workspace",
    type=click.Path(),
    metavar="DIR",
    help="The workspace (default: $VEILLE_WORKSPACE, or the nearest folder with veille.toml).",
)
@click.option(
    "--as",
    "curator",
    metavar="CURATOR",
    help="Who you are (default: $VEILLE_CURATOR, your own config file, your login name).",
)
@click.option("-q", "--quiet", is_flag=True, help="Only data and errors.")
@click.option("-v", "--verbose", count=True, help="More details; twice for tracebacks.")
@click.version_option(__version__, prog_name="veille", message="%(prog)s %(version)s")
@click.pass_obj
def veille(
    session: Session, workspace: str | None, curator: str | None, quiet: bool, verbose: int
) -> None:
    """Keep watch: collect, keep, comment, and send the best of it."""
    session.workspace = workspace
    session.curator = curator
    session.quiet = quiet
    session.verbosity = verbose


def run(argv: Sequence[str], surroundings: Surroundings | None = None) -> int:
    """Run one command and return its exit code. Nothing is raised, no traceback is printed."""
    around = surroundings or Surroundings.of_process()
    if COMPLETE in around.environ:
        veille.main(list(argv), prog_name="veille")
    session = Session(around)
    try:
        code = _ended(session, argv)
        around.stdout.flush()  # a full disk or a closed pipe is noticed now
    except OSError as error:
        code = _unwritable(session, error)
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
    return int(code)


def _ended(session: Session, argv: Sequence[str]) -> ExitCode | int:
    """Run the command; every error becomes one line and the exit code of its class."""
    try:
        with contextlib.closing(session):
            return _invoke(session, argv)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        session.show.trace(error.format_message())
        return ExitCode.USAGE
    except click.UsageError as error:
        return _failed(session, error, _usage(error), ExitCode.USAGE)
    except click.ClickException as error:
        return _failed(session, error, error.format_message(), ExitCode.FAILED)
    except VeilleError as error:
        return _failed(session, error, str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort) as error:
        message = "interrupted: what was done so far is kept"
        return _failed(session, error, message, ExitCode.INTERRUPTED)
    except Exception as error:  # the last line of defence
        return _unexpected(session, error)


def _unexpected(session: Session, error: Exception) -> ExitCode:
    """A file that is not what it should be, or a defect; what streams answer is not told here."""
    message = (
        f"unexpected {type(error).__name__}: {error} (this is a defect of veille: "
        "run the command again with -vv and report what it prints)"
    )
    if isinstance(error, OSError):
        if error.filename is not None:
            why = error.strerror or error
            message = f"{error.filename}: {why}: look at the path and its rights"
        elif error.errno in _OF_A_STREAM:
            raise error
    return _failed(session, error, message, ExitCode.FAILED)


def _invoke(session: Session, argv: Sequence[str]) -> ExitCode | int:
    with veille.make_context("veille", list(argv), obj=session) as context:
        result = veille.invoke(context)
    return result if isinstance(result, ExitCode) else ExitCode.DONE


def _failed(session: Session, error: BaseException, message: str, code: ExitCode) -> ExitCode:
    if session.verbosity > 1:
        import traceback

        session.show.trace("".join(traceback.format_exception(error)).rstrip())
    session.show.error(message)
    return code


def _usage(error: click.UsageError) -> str:
    message = error.format_message().rstrip(".")
    return f"{message} (see '{error.ctx.command_path} --help')" if error.ctx else message


def _unwritable(session: Session, error: OSError) -> ExitCode:
    """Standard output is gone: silently when its reader left, with a line when it is full."""
    vanished = error.errno == errno.EIO and _is_device(session.surroundings.stdout)
    with contextlib.suppress(OSError, ValueError):
        # What is still buffered must not fail once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), session.surroundings.stdout.fileno())
    if error.errno == errno.EPIPE:
        return ExitCode.DONE  # the reader has had enough, as 'head' does
    if vanished:
        return ExitCode.INTERRUPTED
    with contextlib.suppress(OSError):
        session.show.error(f"the output cannot be written: {error.strerror or error}")
    return ExitCode.FAILED


def _is_device(stream: TextIO) -> bool:
    """Whether this is, or was, a terminal: once its other end is closed, it no longer says so."""
    with contextlib.suppress(OSError, ValueError):
        return stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)
    return False
