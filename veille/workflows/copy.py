"""Copy a whole database into a new one, of either kind: moving a team to a server, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from veille.errors import Refused
from veille.store import copying, engine, schema
from veille.workflows.backup import beside, copy_to_file, give_name
from veille.workflows.restore import complete, refuse_newer

if TYPE_CHECKING:
    from pathlib import Path

    from veille.store.backup import Contents
    from veille.workflows.acting import Act


def copy(source: str, target: str, *, folder: Path, act: Act) -> Contents:
    """Copy the database at ``source`` into a new one at ``target``; what it holds.

    Others may write to the source meanwhile: the copy equals one committed state. Between kinds the
    tables are compared afterwards, by counts and hashes. ``folder`` holds a file until a server has
    it. Raises :class:`~veille.errors.Refused` or WorkspaceError when there is something at ``target``
    already, SchemaError when the source is not ours or newer, StoreError when either fails.
    """
    parsed = engine.parse(target)
    if engine.is_sqlite(parsed):
        path = engine.path_of(parsed)
        if path.exists():
            raise Refused(
                f"{path} exists already: nothing was copied, name another file or move it"
            )
        with beside(path) as temporary:
            contents = _fill(temporary, source, act)
            give_name(temporary, path)
        return contents
    schema.create(target, now=act.now)
    with beside(folder / "copy.db") as temporary:
        contents = _fill(temporary, source, act)
        copying.to_server(temporary, target)
    return contents


def _fill(file: Path, source: str, act: Act) -> Contents:
    place = engine.place_of(engine.parse(source))
    contents = copy_to_file(source, file)
    refuse_newer(place, contents)
    schema.upgrade(f"sqlite:///{file}")
    complete(f"sqlite:///{file}", place, contents, act)
    return contents
