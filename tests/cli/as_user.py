"""Run commands as another user of this machine: ``as_user.py UID GROUP COMMANDS``, started by root.

COMMANDS is a JSON list of lists of words. All of them run once before, in a folder of their own, so
that what they import is there when this user may not read the folder we were installed in. Prints
a JSON list of exit codes, outputs and errors.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.program import Program


def run(folder: str, commands: list[list[str]]) -> list[tuple[int, str, str]]:
    veille = Program(here=Path(folder), environ={"XDG_CONFIG_HOME": "/nonexistent"})
    return [
        (result.code, result.out, result.err)
        for words in commands
        for result in [veille(*words, LOGNAME=f"user{os.getuid()}")]
    ]


def main(user: int, group: int, commands: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        rehearsed = [["init", "."], *commands]
        run(scratch, rehearsed)
    here = str(Path.cwd())
    os.setgroups([group])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    os.umask(0o077)
    sys.stdout.write(json.dumps(run(here, commands)))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
