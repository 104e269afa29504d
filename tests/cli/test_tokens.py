"""``veille token``: made, listed, revoked; the secret is shown once and stored nowhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.cli.conftest import url_of
from veille.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


def test_a_token_is_shown_once(veille, pool: Path) -> None:
    made = veille("token", "add", "Téléphone de Camille")
    assert made.code == 0
    secret = made.out.strip()
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{5}-){4}[a-hjkmnp-z2-9]{5}", secret)
    assert "user name camille" in made.err
    assert "never used" in veille("token", "list").out
    (listed,) = veille("token", "list", "--json").json
    assert (listed["curator"], listed["name"]) == ("camille", "Téléphone de Camille")
    assert set(listed) == {"id", "curator", "name", "read_only", "created", "used"}
    stored = (pool / "veille.db").read_bytes()
    letters = secret.replace("-", "")
    assert letters[:5].encode() in stored
    assert letters[5:].encode() not in stored
    assert secret not in veille("log", "--json").out


def test_names(veille, pool: Path) -> None:
    """One of each name for each curator; a name is a word, as those of tags."""
    assert veille("token", "list").err.startswith("no app may come in")
    assert veille("token", "add", "phone").code == 0
    again = veille("token", "add", "phone")
    assert (again.code, "already" in again.err) == (1, True)
    assert veille("--as", "alex", "token", "add", "phone", "--read-only").code == 0
    assert veille("token", "add", "--", "-").code == 2
    assert "never used, read only" in veille("token", "list").out


def test_revoking(veille, pool: Path) -> None:
    """One's own by name, anybody's by number; each is a line of the log."""
    for name in ("phone", "tablet"):
        veille("token", "add", name)
    veille("--as", "alex", "token", "add", "phone")
    veille("--as", "alex", "token", "add", "laptop")
    assert veille("token", "revoke", "phone").out == "revoked: phone of camille comes in no more\n"
    unclear = veille("token", "revoke", "laptop")
    assert (unclear.code, "4 (laptop of alex)" in unclear.err) == (2, True)
    assert veille("token", "revoke", "4").code == 0
    assert veille("token", "revoke", "nothing").code == 1
    assert [row["id"] for row in veille("token", "list", "--json").json] == [3, 2]
    told = veille("log").out
    assert "app-revoke token laptop of alex" in told
    assert "app-admit token tablet of camille" in told


def test_tokens_are_of_the_database(veille, pool: Path) -> None:
    """Nothing of them can be used when it is copied away."""
    veille("token", "add", "phone")
    db = Database.open(url_of(pool))
    with db.read() as connection:
        row = connection.exec_driver_sql("SELECT key, hash FROM app_token").one()
    db.close()
    assert (len(row.key), len(row.hash)) == (5, 64)
