"""Let reader apps in: a token for each app of each curator, shown once and stored hashed.

A token is 25 letters and digits that nobody mistakes for one another, in groups to be typed on a
telephone. Five of them find the row; the others are 99 random bits, so that SHA-256 hides them as
well as a slow hash would hide a password that somebody chose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from veille.curation.names import valid_name
from veille.errors import NotFound, UsageError
from veille.model.event import Action
from veille.model.text import fold
from veille.store import reading, tokens
from veille.workflows.acting import whole

if TYPE_CHECKING:
    from veille.model.reading import AppToken
    from veille.store.database import Connection, Database
    from veille.workflows.acting import Act

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no i l o 0 1
_GROUP, _LENGTH = 5, 25
_REST = timedelta(hours=1)  # a use is noted that often, not at each request
_NOBODY = hashlib.sha256(b"").hexdigest()


@whole
def make(db: Database, name: str, *, read_only: bool, act: Act) -> tuple[AppToken, str]:
    """A new token of this curator, and the secret text that is shown this once.

    Raises :class:`~veille.errors.UsageError` for a name that is none, and
    :class:`~veille.errors.Refused` for one that is taken.
    """
    name = valid_name(name, "token")
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
    with db.write() as connection:
        token = tokens.add(
            connection,
            handle=act.by,
            name=name,
            key=letters[:_GROUP],
            digest=_hash(letters[_GROUP:]),
            read_only=read_only,
            at=act.now,
        )
        act.log(connection, act.event(Action.APP_ADMIT, subject=_subject(token)))
    return token, "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def everything(db: Database) -> list[AppToken]:
    """All tokens of all curators."""
    with db.read() as connection:
        return tokens.everything(connection)


@whole
def revoke(db: Database, reference: str, *, act: Act) -> AppToken:
    """Let an app in no more: the token of this number, or of this name of one's own.

    Raises :class:`~veille.errors.NotFound`.
    """
    with db.write() as connection:
        token = _meant(connection, reference, act.by)
        tokens.remove(connection, token.id)
        act.log(connection, act.event(Action.APP_REVOKE, subject=_subject(token)))
    return token


def _meant(connection: Connection, reference: str, handle: str) -> AppToken:
    everything = tokens.everything(connection)
    found = [one for one in everything if reference in (str(one.id), one.name)]
    mine = [one for one in found if one.handle == handle or reference == str(one.id)]
    if not found:
        raise NotFound(f"no token is called '{reference}': see 'veille token list'")
    if len(mine) != 1:
        listed = ", ".join(f"{one.id} ({one.name} of {one.handle})" for one in found)
        raise UsageError(f"'{reference}' may mean {listed}: name it by its number")
    return mine[0]


def check(connection: Connection, text: str, handle: str | None = None) -> AppToken | None:
    """The token that a text is, and that belongs to this curator if one is named; or None.

    The time it takes tells nothing of the secret: only hashes are compared, and always one.
    """
    letters = text.strip().lower().replace("-", "").replace(" ", "")
    token = tokens.by_key(connection, letters[:_GROUP])
    right = hmac.compare_digest(_hash(letters[_GROUP:]), token.hash if token else _NOBODY)
    if token is None or not right:
        return None
    if handle is not None and fold(handle.strip()) != fold(token.handle):
        return None
    return token


def used(db: Database, token: AppToken, *, listing: bool, act: Act) -> None:
    """Note a use, at most once an hour unless there is something new to list."""
    listed = token.listed
    if listing:
        with db.read() as connection:
            listed = reading.newest(connection)
    rested = token.used is None or act.now - token.used >= _REST
    if rested or listed != token.listed:
        with db.write() as connection:
            tokens.note_use(connection, token.id, at=act.now, listed=listed)


def _hash(letters: str) -> str:
    return hashlib.sha256(letters.encode()).hexdigest()


def _subject(token: AppToken) -> str:
    return f"token {token.name} of {token.handle}"
